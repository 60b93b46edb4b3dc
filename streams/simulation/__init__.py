"""The pipeline in one thread: its stages as they are, over a broker in memory and a clock that only moves when nobody has work."""
