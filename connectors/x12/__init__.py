"""ANSI X12, read and written (docs/x12.md). Our own reader: pyx12, the one well-kept library, knows health care only and refuses a byte
order mark, a line end inside ISA and version 00400, all of which real files have."""
