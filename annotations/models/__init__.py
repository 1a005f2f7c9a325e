from annotations.models.annotation import Annotation, AnnotationRevision
from annotations.models.progress import Metric, ProgressDelta, ProgressTotal
from annotations.models.task import Lease, QueuePosition, Task, TaskLabel

__all__ = [
    "Annotation",
    "AnnotationRevision",
    "Lease",
    "Metric",
    "ProgressDelta",
    "ProgressTotal",
    "QueuePosition",
    "Task",
    "TaskLabel",
]
