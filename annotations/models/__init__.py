from annotations.models.annotation import Annotation, AnnotationRevision
from annotations.models.comment import Comment
from annotations.models.progress import Metric, ProgressDelta, ProgressTotal
from annotations.models.reading import InstructionsReading
from annotations.models.set_aside import SetAside
from annotations.models.task import Lease, QueuePosition, Task, TaskLabel

__all__ = [
    "Annotation",
    "AnnotationRevision",
    "Comment",
    "InstructionsReading",
    "Lease",
    "Metric",
    "ProgressDelta",
    "ProgressTotal",
    "QueuePosition",
    "SetAside",
    "Task",
    "TaskLabel",
]
