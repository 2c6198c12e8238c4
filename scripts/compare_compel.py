#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
r"""Compares src/prompt's reader of Compel's language with the package itself on random prompts.

The package is run, not read: pip install --no-deps --target FOLDER compel==2.5.1 pyparsing. Only its parser is imported,
so neither torch nor transformers is needed. Weights are compared to the last bit. What the package takes longer than
--seconds for is skipped: it tries nested brackets again and again. Where it runs out of stack, so it is too.
Known to differ: inside of quotes pyparsing from 3.1 on reads \0, \x41, \u0041 and \101 as characters; padwise, like older
ones, leaves them as they are.

    compare_compel.py --package FOLDER BUILD/tests/unit/prompt/compel_dump [--count 20000] [--seed 1] [--show 20]
    compare_compel.py --package FOLDER --write tests/unit/prompt/compel_cases.json    its expectations anew
"""
import argparse
import collections
import json
import math
import random
import signal
import subprocess
import sys
import types

PIECES = list('()"\\+-.,= \t19') + [
          'a', 'b', 'cat', 'dog', '1.5', '.5', '++', '--', '\\(', '\\)', '\\"', '\\+', '""', '()',
          '.swap(', '.attend(', '.and(', '.add(', '.blend(', 'withLora(x)', 'useLora(', 'no_normalize', 's_start=', 's_end',
          't_end=0.5', 'shape_freedom=0.5', '("a", "b")', ', ', '" "', ' (', ') ', '\n', '\f', '\u00a0', 'caf\u00e9', 'inf',
          '\\t', '\\n', '\\f', '\v']
PROMPTS = ['a (big cat)1.5 and a dog+', '(a (b c)1.3 "d e"-)1.1 f', 'cat.swap(dog, s_start=0.1, t_end=0.5) in a hat',
           '("a cat+", "a \\"big\\" dog").blend(0.3, 0.7)', '("a", (b c), d).and(1, 0.5, 2)', 'a withLora(foo, 0.5) b useLora(bar)',
           '(a b.swap(c (d)1.5 e, shape_freedom=0.7) f)0.8', '("a + b", "c=d (e)+", f).and()', '((((a)+ b)- c)1.2 d)0.7 e',
           'withLora(x) ("a", "b").blend(1, 1, no_normalize) useLora(y)', '"a (b)+ \\"c\\" d"1.2 e-- f.attend(1.5) g',
           'a, b,c (d, e)+, \\(f\\) g\\" h\\+ i', '(a.swap("b, c" d+).swap(e))- "" () x']


class TooLong(Exception):
    pass


def give_up(number, frame):
    raise TooLong


def load_parser(folder, is_fast):
    sys.path.insert(0, folder)
    import pyparsing
    if is_fast:
        pyparsing.ParserElement.enable_packrat(None)
    package = types.ModuleType('compel')
    package.__path__ = [folder + '/compel']
    sys.modules['compel'] = package
    import compel.prompt_parser
    return compel.prompt_parser.PromptParser()


def is_ours(option):
    """What the original carries along and we refuse: a word, or a complex number."""
    return not isinstance(option, (int, float))


def number(value):
    """As JSON has it: what is not finite is null."""
    return float(value) if math.isfinite(value) else None


def fragments_of(fragments):
    result = []
    for fragment in fragments:
        if hasattr(fragment, 'edited'):
            options = {key: fragment.options[key] for key in ('s_start', 's_end', 't_start', 't_end')}
            if any(is_ours(option) for option in options.values()):
                raise ArithmeticError
            result.append({'swap': {'original': fragments_of(fragment.original), 'edited': fragments_of(fragment.edited),
                                    'options': {key: number(option) for key, option in options.items()}}})
        else:
            result.append([fragment.text, number(fragment.weight)])
    return result


def part_of(part):
    if hasattr(part, 'normalize_weights'):
        return {'blend': [fragments_of(prompt.children) for prompt in part.prompts],
                'weights': [number(weight) for weight in part.weights], 'normalize': part.normalize_weights}
    return fragments_of(part.children)


def original(parser, prompt, seconds):
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        conjunction = parser.parse_conjunction(prompt)
        signal.setitimer(signal.ITIMER_REAL, 0)
        result = {'prompts': [part_of(part) for part in conjunction.prompts],
                  'weights': [number(weight) for weight in conjunction.weights]}
        if conjunction.lora_weights:
            result['loras'] = [[lora.model, number(lora.weight)] for lora in conjunction.lora_weights]
        return result
    except (TooLong, RecursionError):
        return None
    except ArithmeticError:
        return {'error': ''}
    except Exception as error:
        return {'error': type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def mutated(rng):
    prompt = rng.choice(PROMPTS)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(prompt) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            prompt = prompt[:at] + rng.choice(PIECES) + prompt[at:]
        elif kind == 1:
            prompt = prompt[:at] + prompt[at + rng.randrange(1, 4):]
        elif kind == 2:
            other = rng.choice(PROMPTS)
            begin = rng.randrange(len(other))
            prompt = prompt[:at] + other[begin:begin + rng.randrange(1, 20)] + prompt[at:]
        else:
            prompt = prompt[:at] + rng.choice(PIECES) + prompt[at + 1:]
    return prompt


def random_prompt(rng, i):
    if i % 2 == 0:
        return mutated(rng)
    return ''.join(rng.choice(PIECES) for _ in range(rng.randrange(1, 25)))


def compare(parser, arguments):
    rng = random.Random(arguments.seed)
    counts = collections.Counter()
    dump = subprocess.Popen([arguments.dump], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for i in range(arguments.count):
        prompt = random_prompt(rng, i)
        wanted = original(parser, prompt, arguments.seconds)
        dump.stdin.write(prompt.encode().hex().encode() + b'\n')
        dump.stdin.flush()
        answer = dump.stdout.readline()
        if wanted is None:
            counts['the package gives up'] += 1
            continue
        got = json.loads(answer)
        if got == wanted:
            counts['same error' if 'error' in wanted else 'same'] += 1
            continue
        counts['differs'] += 1
        if counts['differs'] <= arguments.show:
            print(repr(prompt), '\n  package', json.dumps(wanted, ensure_ascii=False), '\n  padwise',
                  json.dumps(got, ensure_ascii=False))
    dump.stdin.close()
    for kind, n in sorted(counts.items()):
        print(f'{kind}: {n}')
    return counts['differs'] > 0


def write(parser, arguments):
    with open(arguments.write, encoding='utf-8') as file:
        prompts = [case['input'] for case in json.load(file)]
    cases = [{'input': prompt, 'expected': original(parser, prompt, arguments.seconds)} for prompt in prompts]
    with open(arguments.write, 'w', encoding='utf-8') as file:
        file.write('[\n' + ',\n'.join(json.dumps(case) for case in cases) + '\n]\n')
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--package', required=True)
    parser.add_argument('--write')
    parser.add_argument('--count', type=int, default=20000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--show', type=int, default=20)
    parser.add_argument('--seconds', type=float, default=2.0)
    parser.add_argument('--slow', action='store_true', help='without pyparsing\'s memory of what was tried')
    parser.add_argument('dump', nargs='?')
    arguments = parser.parse_args()
    signal.signal(signal.SIGALRM, give_up)
    compel = load_parser(arguments.package, not arguments.slow)
    return write(compel, arguments) if arguments.write else compare(compel, arguments)


if __name__ == '__main__':
    sys.exit(main())
