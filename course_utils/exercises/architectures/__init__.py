"""The assignment on architectures: networks counted on paper, then built in PyTorch.

The known answers repeat each other's lines on purpose: each is pasted by itself into a notebook of
the sample class, so it must run with nothing but the assignment's imports beside it.
"""

from course_utils.exercises.architectures.build_alexnet import BUILD_ALEXNET
from course_utils.exercises.architectures.build_inception import BUILD_INCEPTION
from course_utils.exercises.architectures.build_vgg import BUILD_VGG
from course_utils.exercises.architectures.load_strictly import LOAD_STRICTLY
from course_utils.exercises.architectures.multiply_adds import LAYER_MULTIPLY_ADDS
from course_utils.exercises.architectures.parameters import LAYER_PARAMETERS
from course_utils.exercises.architectures.receptive_field import RECEPTIVE_FIELD
from course_utils.exercises.architectures.response_norm import LOCAL_RESPONSE_NORM
from course_utils.exercises.architectures.volumes import LAYER_VOLUMES

EXERCISES = (
    LAYER_VOLUMES,
    LAYER_PARAMETERS,
    LAYER_MULTIPLY_ADDS,
    RECEPTIVE_FIELD,
    LOCAL_RESPONSE_NORM,
    BUILD_ALEXNET,
    BUILD_VGG,
    BUILD_INCEPTION,
    LOAD_STRICTLY,
)
