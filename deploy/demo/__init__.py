"""`yipan demo`: a year of a real retailer's orders through the local stack, with what goes wrong on the way, and the proof after it."""

from deploy.demo.run import run_demo

__all__ = ["run_demo"]
