"""How many webhooks one core parses a second, beside ``urllib.parse.parse_qsl`` on the same bodies.

Run: ``python benchmarks/webhooks.py [--seconds 2]``. The bodies have 41 keys and about 3 kB, as a real
``leads[update]`` has; ids, names and values differ from body to body, so that nothing but names can be cached.
``parse_qsl`` only splits and decodes: it builds no tree and no events.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from amocrm_sync.webhooks import parse

TEXT = "Заказ {0}, доставка курьером {1}"


def body(number: int, items: int = 1) -> bytes:
    """A ``leads[update]`` with so many items."""
    pairs: list[tuple[str, object]] = []
    for index in range(items):
        lead = number * 100 + index
        prefix = f"leads[update][{index}]"
        plain = {
            "id": 10_000_000 + lead,
            "name": TEXT.format(lead % 97, lead % 13),
            "status_id": 142,
            "old_status_id": 7_000_000 + lead % 5,
            "price": lead * 10,
            "responsible_user_id": 900 + lead % 7,
            "last_modified": 1_760_000_000 + lead,
            "modified_user_id": 900,
            "created_user_id": 901,
            "date_create": 1_750_000_000 + lead,
            "pipeline_id": 3_000_000,
            "account_id": 31_000_000,
            "created_at": 1_750_000_000 + lead,
            "updated_at": 1_760_000_000 + lead,
        }
        pairs += [(f"{prefix}[{name}]", value) for name, value in plain.items()]
        pairs += [(f"{prefix}[tags][0][id]", 11), (f"{prefix}[tags][0][name]", "vip")]
        for field in range(6):
            of_field = f"{prefix}[custom_fields][{field}]"
            pairs.append((f"{of_field}[id]", 700_000 + field))
            pairs.append((f"{of_field}[name]", f"Поле {field}"))
            pairs.append(
                (
                    f"{of_field}[values][0][value]",
                    TEXT.format(lead % 89, field) if field < 2 else 10_000 * lead + field,
                )
            )
        pairs += [(f"{prefix}[custom_fields][{n}][values][0][enum]", 500 + n) for n in range(4)]
    pairs += [("account[id]", 31_000_000), ("account[subdomain]", "example")]
    pairs.append(("account[_links][self]", "https://example.amocrm.ru"))
    return urlencode(pairs).encode()


def per_second(work: Callable[[bytes], object], bodies: list[bytes], seconds: float) -> float:
    """Bodies a second of CPU, the best of three rounds."""
    best = 0.0
    for _ in range(3):
        done, start = 0, time.process_time()
        while (spent := time.process_time() - start) < seconds / 3:
            for one in bodies:
                work(one)
            done += len(bodies)
        best = max(best, done / spent)
    return best


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--seconds", type=float, default=2.0, help="CPU time for each figure")
    seconds = options.parse_args().seconds

    single = [body(number) for number in range(500)]
    many = [body(number, items=50) for number in range(10)]
    keys = single[0].count(b"&") + 1
    print(f"bodies of {keys} keys, {len(single[0]) / 1000:.1f} kB; one core")

    hooks = per_second(parse, single, seconds)
    plain = per_second(lambda one: parse_qsl(one.decode(), keep_blank_values=True), single, seconds)
    print(f"  amocrm_sync.webhooks.parse   {hooks:9,.0f} hooks/s")
    print(f"  urllib.parse.parse_qsl       {plain:9,.0f} bodies/s")
    print(f"  ratio                        {hooks / plain:9.2f}")
    items = 50 * per_second(parse, many, seconds)
    print(f"bodies of 50 items             {items:9,.0f} items/s")
    keyed = per_second(lambda one: [event.key for event in parse(one)], single, seconds)
    print(f"with deduplication keys        {keyed:9,.0f} hooks/s")


if __name__ == "__main__":
    main()
