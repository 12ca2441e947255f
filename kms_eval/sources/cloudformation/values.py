"""Intrinsic functions, parameters, conditions and mappings of a template: their values as far as they can be known.

Comes in: a template, values of parameters, and what resources are called. Goes out: plain values with `Unknown` in
them. Never here: what a resource is for.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from itertools import islice
from typing import Any, Final

from kms_eval.errors import Fault, InputError, quoted
from kms_eval.formats.document import Place, Steps
from kms_eval.formats.unknown import Unknown
from kms_eval.sources.cloudformation.lists import NO_VALUE, kept, statements_under

_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
_LISTED = 8
_DEEPEST = 60
_MOST_VALUES = 200_000
"""The limit for one template: functions that refer to functions can turn a few lines into any number of values."""
_LONGEST_TEXT = 1 << 20
_MOST_BLOCKS = 256  # the limit of AWS
_TELLING: Final = {"AWS::Region": "`--region` tells the Region", "AWS::AccountId": "`--account` tells the account"}

Attribute = Callable[[str, str], object]
"""Gives an attribute of a resource, by logical id and attribute; an empty attribute gives what `Ref` gives.

None: there is no such resource.
"""


class Values:
    """Finds the values in one template. `place` is that of the template."""

    def __init__(
        self,
        template: Mapping[str, Any],
        place: Place,
        parameters: Mapping[str, object],
        pseudo: Mapping[str, object],
        attribute: Attribute,
    ) -> None:
        self._template = template
        self._place = place
        self._pseudo = pseudo
        self._attribute = attribute
        self._conditions: dict[str, bool | Unknown] = {}
        self._asking: list[str] = []
        self._depth = 0
        self._evaluated = 0
        self._functions: Mapping[str, Callable[[object, Steps], object]] = {
            "Ref": self._ref,
            "Condition": self._condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::Equals": self._equals,
            "Fn::And": self._and,
            "Fn::Or": self._or,
            "Fn::Not": self._not,
            "Fn::Base64": self._base64,
            "Fn::Cidr": self._cidr,
            "Fn::ImportValue": self._import,
            "Fn::ToJsonString": self._to_json,
            "Fn::Length": self._length,
            "Fn::GetAZs": self._zones,
            "Fn::Transform": self._macro,
        }
        self._parameters = {
            name: self._parameter(name, declared, parameters)
            for name, declared in (template.get("Parameters") or {}).items()
        }

    def of(self, value: object, steps: Steps) -> object:
        """A value with all functions in it evaluated. `steps` lead to it, for messages and unknowns."""
        self._depth += 1
        self._evaluated += 1
        if self._depth > _DEEPEST:
            raise self._fault(steps, "refers to itself")
        if self._evaluated > _MOST_VALUES:
            raise self._fault(steps, f"the template's functions make more than {_MOST_VALUES:,} values")
        try:
            return self._of(value, steps)
        finally:
            self._depth -= 1

    def condition(self, name: object, steps: Steps) -> bool | Unknown:
        """Whether a condition of the template holds."""
        declared = (self._template.get("Conditions") or {}).get(name) if isinstance(name, str) else None
        if not isinstance(name, str) or declared is None:
            raise self._fault(steps, f"there is no condition {quoted(str(name))}")
        if name in self._asking:
            raise self._fault(("Conditions", name), "the condition refers to itself")
        if name not in self._conditions:
            self._asking.append(name)
            found = self.of(declared, ("Conditions", name))
            self._asking.pop()
            self._conditions[name] = found if isinstance(found, Unknown) else found is True or found == "true"
        return self._conditions[name]

    def _of(self, value: object, steps: Steps) -> object:
        if isinstance(value, list):
            return kept(self.of(each, (*steps, index)) for index, each in enumerate(value))
        if isinstance(value, str):
            return self._unknown("a dynamic reference", steps) if _DYNAMIC.search(value) else value
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in self._functions:
                return self._functions[name](argument, (*steps, name))
            if name.startswith("Fn::"):
                raise self._fault((*steps, name), f"the function {quoted(name)} is not known")
        members = {name: self.of(member, (*steps, name)) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not NO_VALUE}

    def _parameter(self, name: str, declared: object, given: Mapping[str, object]) -> object:
        if not isinstance(declared, Mapping):
            raise self._fault(("Parameters", name), "is no parameter")
        kind = str(declared.get("Type", "String"))
        value = given.get(name, declared.get("Default"))
        steps: Steps = ("Parameters", name)
        if value is None:
            return Unknown("a parameter without value", name, f"`--parameter {name}=VALUE`")
        if isinstance(value, Unknown):
            return value
        if kind.startswith("AWS::SSM::Parameter::Value"):
            return Unknown("a parameter of Systems Manager", name, "its value is only in the account")
        allowed = declared.get("AllowedValues")
        if isinstance(allowed, list) and str(value) not in [str(each) for each in allowed]:
            listed = ", ".join(quoted(str(each)) for each in allowed[:_LISTED])
            raise self._fault(steps, f"{quoted(str(value))} is none of the allowed values: {listed}")
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return [each.strip() for each in str(value).split(",")] if value != "" else []
        return _text(value)

    def _ref(self, name: object, steps: Steps) -> object:
        if not isinstance(name, str):
            raise self._fault(steps, "takes a name")
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        found = self._attribute(name, "")
        if found is None:
            raise self._fault(steps, f"there is no parameter or resource {quoted(name)}")
        return found

    def _get_att(self, argument: object, steps: Steps) -> object:
        if isinstance(argument, str):
            name, _, attribute = argument.partition(".")
        elif isinstance(argument, list) and len(argument) > 1 and isinstance(argument[0], str):
            name, rest = argument[0], self.of(argument[1], steps)
            if not isinstance(rest, str):
                return self._unknown("an attribute whose name is not known", steps)
            attribute = rest
        else:
            raise self._fault(steps, "takes a logical id and an attribute")
        found = self._attribute(name, attribute)
        if found is None:
            raise self._fault(steps, f"there is no resource {quoted(name)}")
        return found

    def _sub(self, argument: object, steps: Steps) -> object:
        text, own = argument, {}
        if isinstance(argument, list) and len(argument) == 2:
            text = argument[0]
            found = self.of(argument[1], (*steps, 1))
            own = found if isinstance(found, dict) else {}
        if not isinstance(text, str):
            raise self._fault(steps, "takes a text")
        unknown: list[Unknown] = []

        def replaced(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return f"${{{match[2]}}}"
            if name in own:
                value = own[name]
            elif "." in name:
                value = self._get_att(name, steps)
            else:
                value = self._ref(name, steps)
            if isinstance(value, Unknown):
                unknown.append(value)
            if isinstance(value, list):
                return ",".join(map(str, value))
            return _text(value)

        result = _VARIABLE.sub(replaced, text)
        return unknown[0] if unknown else self._bounded(result, steps)

    def _join(self, argument: object, steps: Steps) -> object:
        delimiter, entries = self._pair(argument, steps)
        found = self.of(entries, (*steps, 1))
        if isinstance(found, Unknown):
            return found
        if not isinstance(delimiter, str) or not isinstance(found, list):
            raise self._fault(steps, "takes a delimiter and a list")
        unknown = next((each for each in found if isinstance(each, Unknown)), None)
        if unknown is not None:
            return unknown
        return self._bounded(delimiter.join(_text(each) for each in found), steps)

    def _select(self, argument: object, steps: Steps) -> object:
        index, entries = self._pair(argument, steps)
        number, found = self.of(index, (*steps, 0)), self.of(entries, (*steps, 1))
        for each in (number, found):
            if isinstance(each, Unknown):
                return each
        if not isinstance(found, list) or not str(number).isdecimal():
            raise self._fault(steps, "takes a number and a list")
        if int(str(number)) >= len(found):
            raise self._fault(steps, f"selects entry {number} of {len(found)}")
        return found[int(str(number))]

    def _split(self, argument: object, steps: Steps) -> object:
        delimiter, text = self._pair(argument, steps)
        found = self.of(text, (*steps, 1))
        if isinstance(found, Unknown):
            return found
        if not isinstance(delimiter, str) or not delimiter or not isinstance(found, str):
            raise self._fault(steps, "takes a delimiter and a text")
        return found.split(delimiter)

    def _if(self, argument: object, steps: Steps) -> object:
        if not isinstance(argument, list) or len(argument) != 3:
            raise self._fault(steps, "takes a condition and two values")
        holds = self.condition(argument[0], steps)
        if isinstance(holds, Unknown):
            one, other = self.of(argument[1], (*steps, 1)), self.of(argument[2], (*steps, 2))
            if one == other:
                return one
            unknown = Unknown(f"the condition {argument[0]} hangs on {holds.reason}", holds.address, holds.remedy)
            return statements_under(unknown, one, other) or unknown
        return self.of(argument[1 if holds else 2], (*steps, 1 if holds else 2))

    def _find_in_map(self, argument: object, steps: Steps) -> object:
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            raise self._fault(steps, "takes the names of a map and of two keys")
        here: object = self._template.get("Mappings") or {}
        for index in range(3):
            name = self.of(argument[index], (*steps, index))
            if isinstance(name, Unknown):
                return name
            if not isinstance(here, Mapping) or str(name) not in here:
                more = argument[3] if len(argument) > 3 else None
                if isinstance(more, Mapping) and "DefaultValue" in more:
                    return self.of(more["DefaultValue"], (*steps, 3, "DefaultValue"))
                about = argument[index]
                named = about.get("Ref") if isinstance(about, Mapping) else None
                raise self._fault(steps, f"there is no {quoted(str(name))} in the map", _TELLING.get(str(named)))
            here = here[str(name)]
        return here

    def _equals(self, argument: object, steps: Steps) -> object:
        one, other = self._pair(argument, steps)
        left, right = self.of(one, (*steps, 0)), self.of(other, (*steps, 1))
        for each in (left, right):
            if isinstance(each, Unknown):
                return each
        if isinstance(left, (str, int, float, bool)) and isinstance(right, (str, int, float, bool)):
            return _text(left) == _text(right)
        return left == right

    def _and(self, argument: object, steps: Steps) -> object:
        return self._both(argument, steps, decisive=False)

    def _or(self, argument: object, steps: Steps) -> object:
        return self._both(argument, steps, decisive=True)

    def _both(self, argument: object, steps: Steps, *, decisive: bool) -> object:
        if not isinstance(argument, list):
            raise self._fault(steps, "takes a list of conditions")
        found = [self.of(each, (*steps, index)) for index, each in enumerate(argument)]
        if any(each is decisive for each in found):
            return decisive
        return next((each for each in found if isinstance(each, Unknown)), not decisive)

    def _not(self, argument: object, steps: Steps) -> object:
        if not isinstance(argument, list) or len(argument) != 1:
            raise self._fault(steps, "takes a list of one condition")
        found = self.of(argument[0], (*steps, 0))
        return found if isinstance(found, Unknown) else found is not True

    def _base64(self, argument: object, steps: Steps) -> object:
        found = self.of(argument, steps)
        return found if isinstance(found, Unknown) else base64.b64encode(_text(found).encode()).decode()

    def _cidr(self, argument: object, steps: Steps) -> object:
        found = self.of(argument, steps)
        entries = found if isinstance(found, list) else [found]
        unknown = next((each for each in entries if isinstance(each, Unknown)), None)
        if unknown is not None:
            return unknown
        try:
            block, count, *bits = (str(each) for each in entries)
            network = ip_network(block)
            prefix = network.max_prefixlen - int(bits[0] if bits else 8)
            if int(count) > _MOST_BLOCKS:
                raise self._fault(steps, f"asks for more than {_MOST_BLOCKS} blocks")
            return [str(each) for each in islice(network.subnets(new_prefix=prefix), int(count))]
        except ValueError:
            raise self._fault(steps, "takes an address block, a count and bits") from None

    def _import(self, argument: object, steps: Steps) -> object:
        name = self.of(argument, steps)
        return Unknown("an export of another stack", str(name) if isinstance(name, str) else self._at(steps))

    def _to_json(self, argument: object, steps: Steps) -> object:
        found = self.of(argument, steps)
        hidden = _first_unknown(found)
        return hidden if hidden is not None else json.dumps(found, separators=(",", ":"))

    def _length(self, argument: object, steps: Steps) -> object:
        found = self.of(argument, steps)
        return found if isinstance(found, Unknown) else len(found) if isinstance(found, list) else 0

    def _zones(self, _argument: object, steps: Steps) -> object:
        return self._unknown("the Availability Zones of the account", steps)

    def _condition(self, argument: object, steps: Steps) -> object:
        if isinstance(argument, Mapping):
            # `Condition` is an element of statements as well.
            return {"Condition": self.of(argument, steps)}
        return self.condition(argument, steps)

    def _macro(self, argument: object, steps: Steps) -> object:
        name = argument.get("Name") if isinstance(argument, Mapping) else argument
        raise self._fault(steps, f"uses the macro {quoted(str(name))}, which only AWS can run")

    def _bounded(self, text: str, steps: Steps) -> str:
        """The text, unless it is too long, as one made of copies of copies can be. Raises InputError."""
        if len(text) > _LONGEST_TEXT:
            raise self._fault(steps, f"makes a text of more than {_LONGEST_TEXT:,} characters")
        return text

    def _pair(self, argument: object, steps: Steps) -> tuple[object, object]:
        if not isinstance(argument, list) or len(argument) != 2:
            raise self._fault(steps, "takes a list of two")
        return argument[0], argument[1]

    def _unknown(self, reason: str, steps: Steps) -> Unknown:
        return Unknown(reason, self._at(steps))

    @staticmethod
    def _at(steps: Steps) -> str:
        return ".".join(str(step) for step in steps if not str(step).startswith("Fn::"))

    def _fault(self, steps: Steps, message: str, advice: str | None = None) -> InputError:
        return InputError(Fault(message, self._place.at(*steps).location(), advice))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _first_unknown(value: object) -> Unknown | None:
    if isinstance(value, Unknown):
        return value
    members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return next((found for each in members if (found := _first_unknown(each)) is not None), None)
