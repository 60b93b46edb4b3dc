"""Every Prometheus metric of the stages, in one place. Labels are names of ours: never an order, a person or a payload."""

from prometheus_client import Counter, Gauge, Histogram

RECORDS = (1, 10, 50, 100, 200, 500, 1_000, 2_000, 5_000)
SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)

# ---------------------------------------------------------------------------------------------- fetching
FETCHED = Histogram("yipan_fetched_records", "Records of one fetched batch", ["topic"], buckets=RECORDS)
TAKEN = Histogram("yipan_taken_records", "Records that a stage took at once", ["stage"], buckets=RECORDS)
HOLES = Counter("yipan_holes", "Fetched batches that were dropped and fetched again", ["topic"])
LAG = Gauge("yipan_lag_records", "Records that are there and not yet taken", ["topic", "partition"])
STOPPED = Gauge("yipan_stage_stopped", "1 while a stage takes nothing, because too many records in a row were rejected", ["stage"])

# ---------------------------------------------------------------------------------------------- normalize
COMMANDS_MADE = Counter("yipan_commands", "Commands made of raw records", ["channel"])
DEAD_LETTERS = Counter("yipan_dead_letters", "Records that went no further", ["stage", "verdict", "code"])

# ---------------------------------------------------------------------------------------------- allocate
DECISIONS = Counter("yipan_decisions", "Decisions appended to the log", ["partition"])
DECIDE_SECONDS = Counter("yipan_decide_seconds", "Time spent deciding", ["partition"])
TRANSACTIONS = Counter("yipan_transactions", "Transactions committed to the log of decisions", ["partition"])
TRANSACTION_RECORDS = Histogram("yipan_transaction_records", "Decisions in one transaction", buckets=RECORDS)
TRANSACTION_SECONDS = Histogram("yipan_transaction_seconds", "From begin to commit of a transaction", buckets=SECONDS)
OWNED = Gauge("yipan_owned_partitions", "Partitions that this process decides")
TAKEOVER_SECONDS = Histogram("yipan_takeover_seconds", "From assignment to the first decision: fence, snapshot, tail", buckets=SECONDS)
TICKS = Counter("yipan_ticks", "Ticks sent because something was due")

# ---------------------------------------------------------------------------------------------- fulfil and announce
ORDERS = Counter("yipan_orders", "Decisions on orders, by outcome", ["outcome"])
FULFILMENTS = Counter("yipan_fulfilments", "Fulfilment events sent")
REPEATED = Counter("yipan_repeated_decisions", "Decisions read again and dropped", ["stage"])
LATENCY = Histogram("yipan_raw_to_fulfilment_seconds", "From the receipt of an order to its acknowledged fulfilment", buckets=SECONDS)
ANNOUNCED = Counter("yipan_announced", "Records published", ["topic"])
SNAPSHOTS = Counter("yipan_snapshots", "Snapshots written", ["partition"])
