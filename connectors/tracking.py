"""What the aggregators of carriers say of a parcel -> the few words that we keep of it. None: it says nothing that we act on.

They tell the whole track each time. A document is named by the scan alone, its time and the word for it: told again, in another order
or among others, it is the same document.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from connectors.contract import Ignored, Millis, TrackingDraft, TrackingStatus

# EasyPost's statuses. A parcel at a pickup point is as good as at the door. `cancelled` is of the label, `error` of their reading it.
_EASYPOST: Mapping[str, TrackingStatus] = {
    "pre_transit": "label",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "available_for_pickup": "out_for_delivery",
    "delivered": "delivered",
    "return_to_sender": "returning",
    "failure": "failed_attempt",
}
# Details that say more than the status they come with (who refuses a parcel may still take it; it turns when they say so) …
_EASYPOST_DETAILS: Mapping[str, TrackingStatus] = {
    "delivery_exception": "failed_attempt",
    "refused": "failed_attempt",
    "return": "returning",
    "lost": "lost",
}
# … unless that leaves nothing to say.
_CERTAIN = frozenset({"pre_transit", "delivered", "return_to_sender"})

# Kuaidi100's states, the finer ones, and their names: which of them a push has depends on what was subscribed to. Overdue (201, 202) and
# voided (210, 401) are of the waybill, and move no parcel.
_KUAIDI100_STATES: tuple[tuple[TrackingStatus, str], ...] = (
    ("label", "101 102 已下单 待揽收"),
    ("in_transit", "0 1 7 103 1001 1002 1003 208 在途 揽收 已揽收 转投 转单 到达派件城市 干线 转递 滞留"),
    ("in_transit", "8 10 11 12 13 清关 待清关 清关中 已清关 清关异常"),
    ("out_for_delivery", "5 501 派件 投柜或驿站"),
    ("delivered", "3 301 302 303 304 签收 本人签收 派件异常后签收 代签 投柜或站签收"),
    ("failed_attempt", "2 14 203 204 205 206 207 209 疑难 拒签 拒收 派件异常 柜或驿站超时未取 无法联系 超区 破损"),
    ("returning", "6 退回"),
    ("returned", "4 退签"),
)
_KUAIDI100: Mapping[str, TrackingStatus] = {state: status for status, states in _KUAIDI100_STATES for state in states.split()}


class Scan(msgspec.Struct, frozen=True):
    at: Millis
    status: TrackingStatus


def easypost(status: str, detail: str) -> TrackingStatus | None:
    """A tracking detail's `status` and `status_detail`."""
    if status in _CERTAIN or status not in _EASYPOST:
        return _EASYPOST.get(status)
    return _EASYPOST_DETAILS.get(detail, _EASYPOST[status])


def kuaidi100(state: str) -> TrackingStatus | None:
    """A state (`3`), a finer one of it (`301`), or the name of either (`签收`)."""
    return _KUAIDI100.get(state)


def drafts(parcel: str, carrier: str, tracking: str, scans: Iterable[Scan]) -> tuple[TrackingDraft, ...] | Ignored:
    """A track, in any order of its times; of scans in a row that say the same, the first. `parcel` names it in its documents, which
    outlive a correction of the carrier."""
    track = list(dict.fromkeys(sorted(scans, key=lambda scan: scan.at)))
    if not track:
        return Ignored("no_known_status", "Nothing in the track says where the parcel is.")
    found: list[TrackingDraft] = []
    for scan, status in zip(track, _homeward(track), strict=True):
        # a parcel is scanned in every hall it passes, and the whole track is told each time: most of it would be commands for nothing
        if not found or found[-1].status != status:
            document = f"{parcel}/{scan.at}/{scan.status}"
            found.append(TrackingDraft(document=document, carrier=carrier, tracking=tracking, status=status, at=scan.at))
    return tuple(found)


def _homeward(track: Iterable[Scan]) -> Iterator[TrackingStatus]:
    """A parcel that has turned goes to its sender, whatever the words: what is delivered then is returned."""
    turned = False
    for scan in track:
        turned = turned or scan.status in ("returning", "returned")
        yield _back(scan.status) if turned else scan.status


def _back(status: TrackingStatus) -> TrackingStatus:
    if status in ("delivered", "returned"):
        return "returned"
    return "lost" if status == "lost" else "returning"
