"""The control tables (schema `etl`): datasets, loads, file versions, books, rejects, columns, outputs."""
