"""Who works in the simulated call centre, and on which numbers: all from ranges kept for fiction."""

from random import Random

TEAMS = (("100", "Team-1"), ("200", "Team-2"), ("300", "Team-3"))
QUEUES = (("610", "Sales", "Team-1"), ("620", "Support", "Team-2"), ("630", "Billing", "Team-3"))

PEOPLE = (
    "Olena Kovalenko",
    "Mateusz Nowak",
    "Aisha Rahman",
    "Daniel Okafor",
    "Sofia Marino",
    "Yusuf Demir",
    "Hannah Weiss",
    "Luis Herrera",
    "Priya Nair",
    "Tomas Novak",
    "Grace Mensah",
    "Viktor Bondar",
    "Mei Tanaka",
    "Noah Cohen",
    "Leila Haddad",
    "Jonas Berg",
    "Ana Pereira",
    "Samuel Osei",
    "Iryna Shevchuk",
    "Patrick Doyle",
)
AT_HOME = frozenset({"1112", "1119"})  # extensions whose people are not in today

# +1 NPA 555-0100 to 0199 are kept for fiction in every area; so are +44 20 7946 0xxx and +44 7700 900xxx.
OWN_NUMBERS = tuple(
    f"1{area}55501{line:02}"
    for area, line in (
        (202, 10),
        (202, 11),
        (202, 12),
        (312, 13),
        (312, 14),
        (415, 15),
        (415, 16),
        (646, 17),
        (646, 18),
        (713, 19),
        (713, 20),
        (808, 21),
    )
)
DISABLED_NUMBERS = frozenset({"18085550121"})
_AREAS = (202, 206, 212, 303, 312, 404, 415, 503, 617, 646, 702, 713)


def customer(chance: Random) -> str:
    """Returns a customer's number, digits without a plus; never one of ours."""
    where = chance.random()
    if where < 0.7:
        return f"1{chance.choice(_AREAS)}55501{chance.randint(40, 99)}"
    if where < 0.85:
        return f"4420794600{chance.randint(10, 99)}"
    return f"44770090{chance.randint(0, 999):04}"
