-- spelt_out: the answer to a query, with the values that Python would round spelt out as texts.
--
-- Needs:   ${values} ${query} ${names}
-- Expects: `query` is one SELECT; `values` are over `names`, one a column, since a query may name two columns alike.
SELECT ${values}
FROM (
    ${query}
) AS answer(${names});
