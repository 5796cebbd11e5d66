"""The face that mesa users know; the only place that imports mesa."""

from emergence.mesa_api.firm import Firm, FirmGone
from emergence.mesa_api.firmset import FirmSet
from emergence.mesa_api.model import EmergenceModel

__all__ = ["EmergenceModel", "Firm", "FirmGone", "FirmSet"]
