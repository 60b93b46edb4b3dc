"""Interchanges for tests, written apart from the writer that they test others against."""


def transaction(code: str, control: str, *segments: str) -> tuple[str, ...]:
    return (f"ST*{code}*{control}", *segments, f"SE*{len(segments) + 2}*{control}")


def interchange(kind: str, *transactions: tuple[str, ...], control: int = 7) -> bytes:
    """One group of these transactions, from GULLWHSE, written on 1 March 2026 at 11:30."""
    head = f"ISA*00*{'':10}*00*{'':10}*ZZ*{'GULLWHSE':15}*ZZ*{'YIPAN':15}*260301*1130*U*00401*{control:09d}*0*P*>"
    inside = [segment for part in transactions for segment in part]
    group = [f"GS*{kind}*GULLWHSE*YIPAN*20260301*1130*{control}*X*004010", *inside, f"GE*{len(transactions)}*{control}"]
    return "".join(f"{segment}~\n" for segment in (head, *group, f"IEA*1*{control:09d}")).encode()
