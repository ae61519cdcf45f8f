#!/usr/bin/python3
"""Adds up meson's JUnit logs: "N passed, N failed"; fails where one failed or none ran."""
import sys
import xml.etree.ElementTree as xml

passed = failed = skipped = 0
for path in sys.argv[1:]:
  for suite in xml.parse(path).getroot().iter('testsuite'):
    cases = list(suite.iter('testcase'))
    for case in cases:
      if case.find('skipped') is not None:
        skipped += 1
      elif case.find('failure') is not None or case.find('error') is not None:
        failed += 1
        print('failed:', suite.get('name'), case.get('name'))
      else:
        passed += 1
    # A suite that stopped half-way has failed even where each of its cases passed.
    if int(suite.get('errors') or 0) and not any(c.find('error') is not None for c in cases):
      failed += 1
      print('failed:', suite.get('name'))
print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
sys.exit(1 if failed or not passed else 0)
