"""What channels must hear of us: stock levels, shipments, cancels. One file per channel says how, purely; `lane.py` says when."""
