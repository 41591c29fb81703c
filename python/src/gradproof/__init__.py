"""gradproof: is this gradient right, and if not, what is wrong with it?

    import gradproof
    report = gradproof.check(f, grad, x0)
    print(report)
"""

from ._core import VERSION as __version__
from .check import assert_gradient, check
from .options import known as known_options
from .progress import Progress
from .prove import Proof, ProvenBlock, prove
from .report import Block, Cause, Entries, GradientError, Report
from .reports import Reports
from .spaces import Retraction
from .spaces import known as known_spaces

__all__ = ["Block", "Cause", "Entries", "GradientError", "Progress", "Proof", "ProvenBlock", "Report", "Reports", "Retraction",
           "__version__", "assert_gradient", "check", "known_options", "known_spaces", "prove"]
