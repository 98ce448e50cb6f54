"""Objects that hold secrets do not pickle: a pickle ends up in caches, task queues and logs."""

from __future__ import annotations

from typing import NoReturn


class Unpicklable:
    """Base of what holds secrets: pickling and copying raise ``TypeError``."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds secrets and does not pickle; make a new one from its configuration"
        )
