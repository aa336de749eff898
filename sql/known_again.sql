-- known_again: new time stamps of files whose content is the same, so that the next run need not read them.
--
-- Needs:   $rows
-- Expects: a JSON array of objects: version_id, size, mtime_ns, ctime_ns, inode, taken_ns, content.
UPDATE etl.file_version AS version
SET
    size = CAST(found.value ->> '$.size' AS BIGINT),
    mtime_ns = CAST(found.value ->> '$.mtime_ns' AS BIGINT),
    ctime_ns = CAST(found.value ->> '$.ctime_ns' AS BIGINT),
    inode = CAST(found.value ->> '$.inode' AS BIGINT),
    taken_ns = CAST(found.value ->> '$.taken_ns' AS BIGINT),
    content = found.value ->> '$.content'
FROM json_each(CAST($rows AS VARCHAR)) AS found
WHERE version.version_id = CAST(found.value ->> '$.version_id' AS BIGINT);
