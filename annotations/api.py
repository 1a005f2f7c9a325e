"""Labelling by API: the queue and submitting for labellers, tasks and answers for whoever may see them."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from annotations import comment_serializers, comments, drafts, patching, progress, queue, serializers, submitting
from annotations.models import Annotation, Comment, Task, TaskLabel
from projects import permissions
from projects.errors import NotAllowed
from projects.permissions import Action
from projects.rest.authentication import caller
from projects.rest.filtering import CodeFilter
from projects.rest.pagination import CodeCursorPagination
from projects.rest.permission import Scope
from projects.rest.viewsets import TenantViewSet


class HistoryPagination(CodeCursorPagination):
    """The latest answers first."""

    ordering = "-submitted_at"


class LabellingViewSet(TenantViewSet):
    """The work of a labeller in one project: get tasks, keep them, give them back, submit them."""

    serializer_class = serializers.HistorySerializer
    pagination_class = HistoryPagination
    filter_backends = ()
    rules = {
        "lease": (Action.LABEL, Scope.LABEL),
        "submit": (Action.LABEL, Scope.LABEL),
        "heartbeat": (Action.LABEL, Scope.LABEL),
        "release": (Action.LABEL, Scope.LABEL),
        "history": (Action.LABEL, Scope.LABEL),
    }

    @extend_schema(request=serializers.LeaseBody, responses=serializers.PageOut)
    def lease(self, request: Request, code: UUID) -> Response:
        """Hands out a page of tasks. Leases that the caller still holds come first, so that a reload continues."""
        project = permissions.project_for(request.user, Action.LABEL, code)
        body = serializers.read(serializers.LeaseBody, request.data)
        page = queue.lease(project=project, labeller_id=caller(request).pk, count=body.count, exclude=body.exclude)
        return Response(serializers.page(page, progress.remaining(project.pk)))

    @extend_schema(request=serializers.SubmitBody, responses=serializers.SubmissionOut)
    def submit(self, request: Request, code: UUID) -> Response:
        """Submits answers, all or none, and hands out the `next` page. Sending it again with its `key` is harmless."""
        project = permissions.project_for(request.user, Action.LABEL, code)
        body = serializers.read(serializers.SubmitBody, request.data)
        done = submitting.submit(
            project=project,
            labeller_id=caller(request).pk,
            key=body.key,
            items=[item.item() for item in body.items],
            following=body.next,
        )
        remaining = progress.remaining(project.pk) if done.page else None
        return Response(serializers.submission(done, remaining))

    @extend_schema(request=serializers.TokensBody, responses=serializers.HeartbeatOut)
    def heartbeat(self, request: Request, code: UUID) -> Response:
        """Extends leases; `lost` are those that ended."""
        project = permissions.project_for(request.user, Action.LABEL, code)
        tokens = serializers.read(serializers.TokensBody, request.data).leases
        ends = queue.heartbeat(project=project, labeller_id=caller(request).pk, tokens=tokens)
        return Response(
            {
                "leases": [{"token": token, "expires_at": ends[token]} for token in tokens if token in ends],
                "lost": [token for token in tokens if token not in ends],
            }
        )

    @extend_schema(request=serializers.TokensBody, responses={204: None})
    def release(self, request: Request, code: UUID) -> Response:
        """Gives leases back before their time; drafts stay."""
        project = permissions.project_for(request.user, Action.LABEL, code)
        tokens = serializers.read(serializers.TokensBody, request.data).leases
        queue.release(project=project, labeller_id=caller(request).pk, tokens=tokens)
        return Response(status=204)

    @extend_schema(responses=serializers.HistoryOut)
    def history(self, request: Request, code: UUID) -> Response:
        """The caller's own answers, the latest first."""
        project = permissions.project_for(request.user, Action.LABEL, code)
        own = Annotation.objects.for_user(request.user).filter(project=project, labeller_id=caller(request).pk)
        rows = own.answered().select_related("task__image")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class TaskFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    project = CodeFilter("project")
    status = filters.ChoiceFilter(choices=Task.Status.choices)
    label = filters.UUIDFilter(method="with_label", help_text="Tasks whose final document uses this label.")
    labeller = filters.UUIDFilter(method="answered_by", help_text="Tasks that this person answered.")

    image_changed = filters.BooleanFilter(
        field_name="image_changed_at",
        lookup_expr="isnull",
        exclude=True,
        help_text="Tasks whose image was changed after they were labelled.",
    )

    def with_label(self, tasks: QuerySet[Task], name: str, code: Any) -> QuerySet[Task]:
        uses = TaskLabel.objects.for_user(self.request.user).filter(label__code=code)
        return tasks.filter(pk__in=uses.values("task"))

    def answered_by(self, tasks: QuerySet[Task], name: str, code: Any) -> QuerySet[Task]:
        answers = Annotation.objects.for_user(self.request.user).answered().filter(labeller__code=code)
        return tasks.filter(pk__in=answers.values("task"))


class TaskViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Tasks of the projects whose annotations the caller may see. Labellers get theirs by `lease` alone."""

    serializer_class = serializers.TaskSerializer
    filterset_class = TaskFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (Action.SEE_ANNOTATIONS, Scope.READ),
        "draft": (Action.LABEL, Scope.LABEL),
        "change_draft": (Action.LABEL, Scope.LABEL),
    }

    def get_queryset(self) -> QuerySet[Task]:
        tasks = Task.objects.for_user(self.request.user).select_related("project", "image")
        if self.action != "list":
            return tasks
        return tasks.filter(project__in=permissions.projects_allowing(self.request.user, Action.SEE_ANNOTATIONS))

    @extend_schema(request=serializers.DraftBody, responses=serializers.SavedOut)
    def draft(self, request: Request, code: str) -> Response:
        """Autosaves an unfinished answer. `version` is the last one that the caller knows."""
        task: Task = self.get_object()
        body = serializers.read(serializers.DraftBody, request.data)
        saved = drafts.save(
            project=task.project,
            task_id=task.pk,
            labeller_id=caller(request).pk,
            token=body.lease,
            document=body.document,
            version=body.version,
            active_seconds=body.active_seconds,
        )
        return Response({"version": saved.version, "saved_at": saved.saved_at})

    @extend_schema(request=serializers.DraftChangesBody, responses=serializers.SavedOut)
    def change_draft(self, request: Request, code: str) -> Response:
        """Autosaves what changed in an unfinished answer since `version`; see `PUT` for the whole of it."""
        task: Task = self.get_object()
        body = serializers.read(serializers.DraftChangesBody, request.data)
        saved = patching.save(
            project=task.project,
            task_id=task.pk,
            labeller_id=caller(request).pk,
            token=body.lease,
            changes=body.changes(),
            version=body.version,
            active_seconds=body.active_seconds,
        )
        return Response({"version": saved.version, "saved_at": saved.saved_at})


class CommentPagination(CodeCursorPagination):
    """The oldest first, as a talk is read."""

    ordering = "id"


class CommentViewSet(TenantViewSet):
    """Comments on images. Labellers see their own threads; see CommentQuerySet for those of others."""

    serializer_class = comment_serializers.CommentSerializer
    pagination_class = CommentPagination
    filter_backends = ()
    rules = {
        "list": (Action.SEE_PROJECT, Scope.READ),
        "create": (Action.COMMENT, Scope.LABEL),
        "resolve": (Action.COMMENT, Scope.LABEL),
    }

    def get_queryset(self) -> QuerySet[Comment]:
        return Comment.objects.for_user(self.request.user).select_related("author", "thread", "project")

    def _task(self, code: UUID) -> Task:
        tasks = Task.objects.for_user(self.request.user).select_related("project", "image")
        task = get_object_or_404(tasks, code=code)
        self.check_object_permissions(self.request, task)
        return task

    @extend_schema(operation_id="tasks_comments_list", responses=comment_serializers.CommentsOut)
    def list(self, request: Request, code: UUID) -> Response:
        """What was said about an image, the oldest first."""
        page = self.paginate_queryset(self.get_queryset().filter(task=self._task(code)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=comment_serializers.NewCommentBody, responses={201: comment_serializers.CommentOut})
    def create(self, request: Request, code: UUID) -> Response:
        """Comments on an image, or replies in a thread that the caller sees."""
        task = self._task(code)
        body = serializers.read(comment_serializers.NewCommentBody, request.data)
        thread = body.thread and get_object_or_404(self.get_queryset(), code=body.thread, task=task)
        comment = comments.add(
            task=task,
            author=self.caller,
            code=body.code,
            text=body.text.strip(),
            kind=body.kind,
            pin=body.pin(),
            thread=thread or None,
        )
        return Response(self.get_serializer(comment).data, status=201)

    @extend_schema(request=comment_serializers.ResolveBody, responses=comment_serializers.CommentOut)
    def resolve(self, request: Request, code: UUID) -> Response:
        """Closes a thread, or opens it again."""
        comment: Comment = self.get_object()
        body = serializers.read(comment_serializers.ResolveBody, request.data)
        done = comments.resolve(comment=comment, actor=self.caller, resolved=body.resolved)
        return Response(self.get_serializer(done).data)


class AnnotationFilter(filters.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    project = CodeFilter("project")
    task = CodeFilter("task")
    state = filters.ChoiceFilter(choices=[("submitted", "Submitted"), ("skipped", "Skipped")])
    labeller = CodeFilter("labeller")


class AnnotationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Answers: everybody's for whoever may see annotations, and their own for labellers."""

    serializer_class = serializers.AnnotationSerializer
    filterset_class = AnnotationFilter
    rules = {
        "list": (None, Scope.READ),
        "retrieve": (None, Scope.READ),
        "reopen": (Action.LABEL, Scope.LABEL),
    }

    def get_queryset(self) -> QuerySet[Annotation]:
        """Blindness under consensus: nobody else's answer is there for a labeller, by any route."""
        answers = Annotation.objects.for_user(self.request.user).answered()
        seen = permissions.projects_allowing(self.request.user, Action.SEE_ANNOTATIONS)
        return answers.filter(Q(labeller_id=self.request.user.pk) | Q(project__in=seen)).select_related(
            "project", "task", "labeller"
        )

    @extend_schema(request=None, responses=serializers.TaskOut)
    def reopen(self, request: Request, code: str) -> Response:
        """Gives the caller an own answer back to change, until it is reviewed."""
        annotation: Annotation = self.get_object()
        if annotation.labeller_id != request.user.pk:
            raise NotAllowed("Only the labeller who gave an answer can reopen it.")
        found = queue.reopen(project=annotation.project, annotation=annotation)
        return Response(serializers.tasks([found])[0])
