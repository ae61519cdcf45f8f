# SPDX-License-Identifier: MIT
"""JSON with its numbers as they are written, and RFC 6902 patches applied to it."""

import copy
import json


class Number(str):
  """A number's text: two are the same only where their value is, exactly."""


def parse(text):
  return json.loads(text, parse_int=Number, parse_float=Number,
                    parse_constant=lambda word: (_ for _ in ()).throw(ValueError(word)))


def value_of(number):
  """Sign, digits and exponent, without zeros that mean nothing."""
  text = number.lower()
  sign = text.startswith('-')
  digits, _, exponent = text.lstrip('-').partition('e')
  whole, _, fraction = digits.partition('.')
  shift = int(exponent or 0) - len(fraction)
  digits = (whole + fraction).lstrip('0')
  stripped = digits.rstrip('0')
  return (sign and bool(stripped), stripped, shift + len(digits) - len(stripped) if stripped else 0)


def canonical(value):
  """Hashable and comparable, kinds apart."""
  if isinstance(value, Number):
    return ('number', value_of(value))
  if isinstance(value, dict):
    return ('object', tuple(sorted((key, canonical(item)) for key, item in value.items())))
  if isinstance(value, list):
    return ('array', tuple(canonical(item) for item in value))
  return (type(value).__name__, value)


def same(a, b):
  return canonical(a) == canonical(b)


def split(pointer):
  if pointer and not pointer.startswith('/'):
    raise ValueError(pointer)
  return [part.replace('~1', '/').replace('~0', '~') for part in pointer.split('/')[1:]]


def step(container, part):
  if isinstance(container, list):
    if not part.isdigit() or (part != '0' and part.startswith('0')):
      raise ValueError(part)
    return int(part)
  return part


def apply(document, patch):
  document = copy.deepcopy(document)
  for operation in patch:
    parts = split(operation['path'])
    if not parts:
      if operation['op'] not in ('add', 'replace'):
        raise ValueError(operation)
      document = copy.deepcopy(operation['value'])
      continue
    container = document
    for part in parts[:-1]:
      container = container[step(container, part)]
    key = step(container, parts[-1]) if parts[-1] != '-' else len(container)
    if operation['op'] == 'add':
      if isinstance(container, list):
        if key > len(container):
          raise IndexError(key)
        container.insert(key, copy.deepcopy(operation['value']))
      else:
        container[key] = copy.deepcopy(operation['value'])
    elif operation['op'] == 'remove':
      del container[key]
    elif operation['op'] == 'replace':
      container[key]  # it has to be there
      container[key] = copy.deepcopy(operation['value'])
    else:
      raise ValueError(operation['op'])
  return document
