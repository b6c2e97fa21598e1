"""What schemathesis has to know of the schema, and what it looks for."""

import os

import graphql
import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

# Ids of rows that there are, and others.
known = os.environ["TRIBUTARY_IDS"].split(",")
ids = st.one_of(*3 * [st.sampled_from(known)], st.text(max_size=40))
schemathesis.graphql.scalar("ID", ids.map(nodes.String))

# Numbers that a page can have, and others.
integers = st.one_of(*3 * [st.integers(1, 100)], st.integers(-(2**31), 2**31 - 1))
schemathesis.graphql.scalar("Int", integers.map(nodes.Int))

# The beginning of a log, and places that it has or has not.
positions = st.just("0") | st.builds(
    "{}-{}".format, st.integers(0, 3), st.integers(0, 2**63 - 1)
)
schemathesis.graphql.scalar("Position", positions.map(nodes.String))

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
leaves = st.one_of(
    st.just(nodes.Null),
    st.booleans().map(nodes.Boolean),
    st.integers(-(2**63), 2**64).map(nodes.Int),
    st.floats(allow_nan=False, allow_infinity=False).map(nodes.Float),
    st.text(max_size=20).map(nodes.String),
)


def as_object(members):
    fields = [
        graphql.ObjectFieldNode(name=graphql.NameNode(value=name), value=value)
        for name, value in members.items()
    ]
    return nodes.Object(fields)


anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3).map(nodes.List)
    | st.dictionaries(names, inner, max_size=3).map(as_object),
    max_leaves=6,
)
schemathesis.graphql.scalar("JSON", anything)

# What a caller's mistakes are called. Everything else is the server's: `INTERNAL`,
# `TIMED_OUT` and `OUTCOME_UNKNOWN`, and no code at all.
MISTAKES = {
    "FORBIDDEN",
    "INVALID_INPUT",
    "NOT_FOUND",
    "POSITION_UNKNOWN",
    "QUERY_TOO_COMPLEX",
    "RESPONSE_TOO_LARGE",
}
# The generator knows no @oneOf, so documents with one may not fit the schema.
ONE_OF = {"Mutation.publishTerms"}


@schemathesis.check
def no_server_error(ctx, response, case):
    """No server error, and no error without a name of its own."""
    assert response.status_code < 500, response.text
    mistakes = set(MISTAKES)
    if case.meta.generation.mode.is_negative or case.operation.label in ONE_OF:
        mistakes.add("GRAPHQL_VALIDATION_FAILED")
    for error in response.json().get("errors", []):
        code = error.get("extensions", {}).get("code")
        # The generator does not read how long a list may be.
        is_too_long = "items, and at most" in error["message"]
        if is_too_long and code == "GRAPHQL_VALIDATION_FAILED":
            continue
        assert code in mistakes, error
