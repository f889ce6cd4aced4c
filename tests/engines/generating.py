"""Random record types, linked records and conditions in text form, so that the parser is in the loop."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from openhalo.catalogue.record_types import MISSING_REASONS, RecordType
from openhalo.catalogue.schema import Schema
from openhalo.catalogue.vocabularies import Vocabulary

CODES = ("A", "B_2", "it's", "Ä ö", "--x", 'a"b')
TEXTS = ("", "a", "A", "it's", "a\\b", "é😀", "x\ny", "/* */", "%", "--", "null", "';", "{x}", "\t", "e\u0301")
INTEGERS = (-3, 0, 1, 2, 17, 2**53 + 1, -(2**63) + 1, 2**63 - 1)
NUMBERS = (-1.5, -0.0, 0.0, 0.1, 0.1 + 0.2, 1.0, 2.0, 17.0, float(2**53), 1e300, 5e-324, 123456789.123456789)
NOT_WRITTEN = (float("nan"), float("inf"), float("-inf"))
DAY = datetime(2017, 3, 11)
MOMENTS = [
    DAY + timedelta(hours=h, microseconds=u) for h, u in ((0, 0), (0, 1), (9, 0), (23, 999_999), (24, 0), (50, 7))
]
TYPES = ("text", "integer", "number", "boolean", "date", "time", "code", "codes")
NAMES = ("date", "type", "count", "value", "year", "missing", "left", "name")
OPERATORS = ("=", "<>", "!=", "<", "<=", ">", ">=")

VOCABULARIES = {
    name: Vocabulary(id=name, label=name, description="", source="", codes={code: {"label": code} for code in CODES})
    for name in ("letters", "others")
}
VALUES = {
    "text": TEXTS,
    "integer": INTEGERS,
    "number": (*NUMBERS, *NOT_WRITTEN),
    "boolean": (True, False),
    "date": tuple(moment.date() for moment in MOMENTS),
    "time": tuple(MOMENTS),
    "code": CODES,
    "codes": ((), ("A",), ("it's", "A"), ("B_2", "Ä ö", "--x"), ('a"b',)),
}


class MadeSchema(Schema):
    def __repr__(self):
        return "; ".join(
            f"{name}: " + ", ".join(f"{field} {spec.type}" for field, spec in definition.fields.items())
            for name, definition in self.record_types.items()
        )


def plain(kind, **more):
    return {"type": kind, "label": "x", "privacy": "public", "source": "x", **more}


@st.composite
def schemas(draw):
    """Two or three record types in a chain of to-one links, seen back as to-many links, and one link to itself."""
    size = draw(st.integers(2, 3))
    ids = [f"d/r{number}" for number in range(size)]
    types = {}
    for number, identifier in enumerate(ids):
        kinds = draw(st.lists(st.sampled_from(TYPES), min_size=3, max_size=6))
        fields = {"occurred": plain("time", required=True)}
        for position, kind in enumerate(kinds):
            name = draw(st.sampled_from((f"f{position}", NAMES[position])))
            vocabulary = (
                {"vocabulary": draw(st.sampled_from(sorted(VOCABULARIES)))} if kind in ("code", "codes") else {}
            )
            fields[name] = plain(kind, **vocabulary)
        if number:
            fields["up"] = plain("link", to=ids[number - 1], inverse="downs")
        if draw(st.booleans()):
            fields["again"] = plain("link", to=identifier, inverse="earlier")
        types[identifier] = RecordType(
            id=identifier,
            label="x",
            plural="x",
            description="",
            source="",
            units={"one": "ones"},
            time="occurred",
            fields=fields,
            example={},
        )
    return MadeSchema(types, VOCABULARIES)


@st.composite
def worlds(draw, schema, most=6):
    """Records of every type; links lead to a record, to none, or nowhere."""
    keys = {name: [f"{name}:{n}" for n in range(draw(st.integers(0, most)))] for name in schema.record_types}
    return {
        name: [draw(record(definition, key, keys)) for key in keys[name]]
        for name, definition in schema.record_types.items()
    }


@st.composite
def record(draw, definition, key, keys):
    made = {"record_key": key, "agency": draw(st.sampled_from(("pd", "other"))), "source": "s"}
    for name, spec in definition.fields.items():
        choices = (*keys[spec.to], "nowhere") if spec.type == "link" else VALUES[spec.type]
        value = draw(st.sampled_from(choices) if spec.required else st.sampled_from((None, *choices)))
        made[name] = list(value) if spec.type == "codes" and value is not None else value
        if not spec.required:
            made[f"{name}_missing"] = draw(st.sampled_from(MISSING_REASONS)) if value is None else None
        if spec.type == "time":
            made[f"{name}_local"], made[f"{name}_date"] = value, value and value.date()
    return made


def written(kind, value):
    """A value as it is written in a condition."""
    if kind in ("integer", "number"):
        return repr(value)
    if kind == "boolean":
        return str(value).lower()
    return "'" + str(value).replace("'", "''") + "'"


def paths(schema, record_type, linked, depth=2):
    """Every field that a condition may name: its path and spec."""
    for name, spec in schema.record_types[record_type].fields.items():
        yield f'"{name}"' if name in ("left", "count") else name, spec
        if linked and spec.type == "link" and depth:
            yield from ((f"{name}.{path}", inner) for path, inner in paths(schema, spec.to, True, depth - 1))


@st.composite
def conditions(draw, schema, record_type, linked=True, depth=3):
    """The text of a condition that must be accepted."""
    inner = lambda kind=record_type: conditions(schema, kind, linked, depth - 1)  # noqa: E731
    if depth and draw(st.integers(0, 2)):
        shape = draw(st.sampled_from(("({} and {})", "({} or {})", "not {}", "not ({} and {})")))
        return shape.format(*(draw(inner()) for _ in range(shape.count("{}"))))
    links = schema.inverses(record_type) if linked else {}
    if links and draw(st.integers(0, 2)) == 0:
        link = draw(st.sampled_from(sorted(links)))
        part = f", {draw(inner(links[link].record))}" if depth and draw(st.booleans()) else ""
        form = draw(
            st.sampled_from(
                (
                    "any({0}{1})",
                    "count({0}{1}) {2} {3}",
                    "{3} {2} count({0}{1})",
                    "count({0}{1}) in ({3}, 5)",
                    "count({0}{1}) between 1 and {3}",
                    "count({0}{1}) = count({0})",
                )
            )
        )
        return form.format(link, part, draw(st.sampled_from(OPERATORS)), draw(st.integers(0, 3)))
    return draw(leaf(schema, record_type, linked))


@st.composite
def leaf(draw, schema, record_type, linked):
    known = list(paths(schema, record_type, linked))
    path, spec = draw(st.sampled_from(known))
    if draw(st.integers(0, 4)) == 0:
        if not spec.required and draw(st.booleans()):
            return f"missing({path}, '{draw(st.sampled_from(MISSING_REASONS))}')"
        return draw(st.sampled_from(("missing({})", "{} is null", "{} is not null"))).format(path)
    if spec.type == "link":
        return f"missing({path})"
    if spec.type == "codes":
        return f"has({path}, {written('text', draw(st.sampled_from(CODES)))})"
    if spec.type == "boolean" and draw(st.booleans()):
        return path
    ordered = spec.type in ("integer", "number", "date", "time")
    operator = draw(st.sampled_from(OPERATORS if ordered else OPERATORS[:3]))
    others = [other for other, its in known if comparable(spec, its)]
    if draw(st.integers(0, 3)) == 0:
        return f"{path} {operator} {draw(st.sampled_from(others))}"
    kind = draw(st.sampled_from(("date", "time"))) if spec.type == "time" else spec.type
    writable = [value for value in VALUES[kind] if repr(value) not in ("nan", "inf", "-inf")]
    values = [written(kind, value) for value in draw(st.lists(st.sampled_from(writable), min_size=2, max_size=4))]
    forms = ["{0} {1} {2}", "{2} {1} {0}", "{0} in ({4})", "{0} not in ({4})"]
    forms += ["{0} between {2} and {3}", "{0} not between {2} and {3}"] if ordered else []
    return draw(st.sampled_from(forms)).format(path, operator, *values[:2], ", ".join(values))


def comparable(one, other):
    if one.type in ("integer", "number"):
        return other.type in ("integer", "number")
    if one.type in ("date", "time"):
        return other.type in ("date", "time")
    return one.type == other.type and one.vocabulary == other.vocabulary
