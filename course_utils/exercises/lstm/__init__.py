"""The assignment on the LSTM and its relatives: what a cell keeps, peepholes, the GRU, gradients.

The known answers repeat each other's lines on purpose: each is pasted by itself into a notebook of
the sample class, so it must run with nothing but NumPy beside it.
"""

from course_utils.exercises.lstm.gradient_norms import GRADIENT_NORM_RATIO
from course_utils.exercises.lstm.gru import GRU_STEP_FORWARD
from course_utils.exercises.lstm.gru_backward import GRU_STEP_BACKWARD
from course_utils.exercises.lstm.memory import CELL_WEIGHTS
from course_utils.exercises.lstm.peephole import PEEPHOLE_STEP_FORWARD
from course_utils.exercises.lstm.peephole_backward import PEEPHOLE_STEP_BACKWARD

EXERCISES = (
    CELL_WEIGHTS,
    PEEPHOLE_STEP_FORWARD,
    PEEPHOLE_STEP_BACKWARD,
    GRU_STEP_FORWARD,
    GRU_STEP_BACKWARD,
    GRADIENT_NORM_RATIO,
)
