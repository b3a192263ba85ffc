"""Every distillation term by the name under which a recipe, and the table of settings, knows it."""

from ckdsnn.distill.at import AT
from ckdsnn.distill.bkd import BKD
from ckdsnn.distill.catkd import CATKD
from ckdsnn.distill.e2kd import E2KD
from ckdsnn.distill.kd import KD
from ckdsnn.distill.kdsnn import KDSNN
from ckdsnn.distill.nld import NLD
from ckdsnn.distill.samd import SAMD

LOSSES = {
    "kd": KD,
    "samd": SAMD,
    "nld": NLD,
    "kdsnn": KDSNN,
    "bkd": BKD,
    "at": AT,
    "catkd": CATKD,
    "e2kd": E2KD,
}
