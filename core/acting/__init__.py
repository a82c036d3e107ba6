"""Who acts at this moment, and through which door."""

from core.acting.who import Acting, Door, acting_as, acting_with, be, became, who_acts

__all__ = ["Acting", "Door", "acting_as", "acting_with", "be", "became", "who_acts"]
