from rest_framework.pagination import CursorPagination


class CodeCursorPagination(CursorPagination):
    """Pages by cursor over the primary key: the same cost on every page, and stable while rows are added."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 500
