"""The networks that can be trained, one file each.

Adding one is adding a file with a ``Network`` and listing it here;
``tests/contracts/test_networks.py`` then holds it to the common promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from happysad.errors import UsageError
from happysad.training.networks.network import Network
from happysad.training.networks.seed import SEED

__all__ = ["NETWORKS", "Network", "find_network"]

NETWORKS: Mapping[str, Network] = MappingProxyType({network.name: network for network in (SEED,)})
"""Every network by its preset's name."""


def find_network(preset: str) -> Network:
    """Return the network of a preset.

    Raises:
        UsageError: there is none of this name.
    """
    if preset not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        msg = f"The 'preset' option must be one of: {known}. Got {preset!r} instead."
        raise UsageError(msg)
    return NETWORKS[preset]
