"""The assignment on the LSTM and its relatives: forwards and backwards, in step and in sequence.

The known answers repeat each other's lines on purpose: each is pasted by itself into a notebook of
the sample class, so it must run with nothing but NumPy beside it.
"""

from course_utils.exercises.lstm.counts import LSTM_PARAMETERS
from course_utils.exercises.lstm.gradient_norms import GRADIENT_NORM_RATIO
from course_utils.exercises.lstm.gru import GRU_STEP_FORWARD
from course_utils.exercises.lstm.gru_backward import GRU_STEP_BACKWARD
from course_utils.exercises.lstm.layout import GATES_TO_TORCH
from course_utils.exercises.lstm.memory import CELL_WEIGHTS
from course_utils.exercises.lstm.peephole import PEEPHOLE_STEP_FORWARD
from course_utils.exercises.lstm.peephole_backward import PEEPHOLE_STEP_BACKWARD
from course_utils.exercises.lstm.sequence import LSTM_FORWARD
from course_utils.exercises.lstm.sequence_backward import LSTM_BACKWARD
from course_utils.exercises.lstm.step import LSTM_STEP_FORWARD
from course_utils.exercises.lstm.step_backward import LSTM_STEP_BACKWARD

EXERCISES = (
    LSTM_PARAMETERS,
    GATES_TO_TORCH,
    LSTM_STEP_FORWARD,
    LSTM_STEP_BACKWARD,
    LSTM_FORWARD,
    LSTM_BACKWARD,
    CELL_WEIGHTS,
    PEEPHOLE_STEP_FORWARD,
    PEEPHOLE_STEP_BACKWARD,
    GRU_STEP_FORWARD,
    GRU_STEP_BACKWARD,
    GRADIENT_NORM_RATIO,
)
