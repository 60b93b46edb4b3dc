"""A real retailer's year as the histories of web shops: the baskets of The Complete Journey (84.51°, 2017), in the native payloads of
our channels, with invented people. The same size and seed give the same bytes."""
