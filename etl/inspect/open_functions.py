"""The table functions that a query may call: none of them reads or writes a file, or changes anything."""

from __future__ import annotations

OPEN = frozenset("""
    generate_series range repeat repeat_row unnest query_table summary
    histogram histogram_values json_each json_tree icu_calendar_names pg_timezone_names test_all_types
    duckdb_columns duckdb_constraints duckdb_databases duckdb_dependencies duckdb_extensions duckdb_functions
    duckdb_indexes duckdb_keywords duckdb_memory duckdb_optimizers duckdb_schemas duckdb_sequences duckdb_settings
    duckdb_tables duckdb_temporary_files duckdb_types duckdb_variables duckdb_views
    pragma_collations pragma_database_size pragma_platform pragma_show pragma_storage_info pragma_table_info
    pragma_user_agent pragma_version
""".split())
