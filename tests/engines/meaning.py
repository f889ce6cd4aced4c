"""What a condition means, in slow and obvious Python. The engines must say the same of every record.

True, False, or None for unknown. A world is a list of records per record type; a record is its fields as a dict,
its key under "record_key". A missing value is None, and its reason stands under "<field>_missing".
"""

import math

from openhalo.catalogue.conditions import And, Compare, Count, Exists, Field, Has, In, Missing, Not, Or, Truth


class World:
    def __init__(self, schema, records):
        self.schema, self.records = schema, records

    def holds(self, node, record_type, record):
        match node:
            case And(left, right):
                sides = self.holds(left, record_type, record), self.holds(right, record_type, record)
                return False if False in sides else None if None in sides else True
            case Or(left, right):
                sides = self.holds(left, record_type, record), self.holds(right, record_type, record)
                return True if True in sides else None if None in sides else False
            case Not(operand):
                inner = self.holds(operand, record_type, record)
                return None if inner is None else not inner
            case Compare(operator, left, right):
                return compare(operator, self.side(left, record_type, record), self.side(right, record_type, record))
            case In(field, values):
                found = self.side(field, record_type, record)
                return None if found is None else any(compare("=", found, value) for value in values)
            case Truth(field):
                return self.value(field.path, record_type, record)
            case Missing(field, ""):
                return self.value(field.path, record_type, record) is None
            case Missing(field, reason):
                return self.value(field.path, record_type, record, "_missing") == reason
            case Has(field, code):
                codes = self.value(field.path, record_type, record)
                return None if codes is None else code in codes
            case Exists(link, condition):
                return self.count(link, condition, record_type, record) > 0
        raise TypeError(node)

    def side(self, side, record_type, record):
        if isinstance(side, Field):
            return self.value(side.path, record_type, record, side.part)
        if isinstance(side, Count):
            return self.count(side.link, side.condition, record_type, record)
        return side

    def value(self, path, record_type, record, companion=""):
        link, dot, rest = path.partition(".")
        if not dot:
            return record.get(path + companion)
        target = self.schema.record_types[record_type].fields[link].to
        for other in self.records[target]:
            if other["record_key"] == record[link]:
                return self.value(rest, target, other, companion)
        return None

    def count(self, link, condition, record_type, record):
        inverse = self.schema.inverses(record_type)[link]
        return sum(
            condition is None or self.holds(condition, inverse.record, other) is True
            for other in self.records[inverse.record]
            if other[inverse.link] == record["record_key"]
        )


def compare(operator, left, right):
    if left is None or right is None:
        return None
    if isinstance(left, float) or isinstance(right, float):
        left, right = rank(float(left)), rank(float(right))
    return {
        "=": left == right,
        "<>": left != right,
        "<": operator == "<" and left < right,
        "<=": operator == "<=" and left <= right,
        ">": operator == ">" and left > right,
        ">=": operator == ">=" and left >= right,
    }[operator]


def rank(number):
    """NaN equals itself and stands above every number."""
    return (math.isnan(number), 0.0 if math.isnan(number) else number)
