"""A plugin for a worker that takes pytest's own path for every item, to compare with."""

from hasten_worker import fused

fused.why_not = lambda _: "switched off"
