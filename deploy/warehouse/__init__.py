"""`yipan warehouse`: simulated warehouses over real HTTP. They take fulfilments, work, and tell what became of them (docs/simulator.md)."""
