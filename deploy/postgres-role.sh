#!/bin/bash
# Labelwright's role must be bound by row-level security: neither superuser nor BYPASSRLS.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username postgres --set password="$DATABASE_PASSWORD" <<'SQL'
CREATE ROLE labelwright LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE labelwright OWNER labelwright;
SQL
