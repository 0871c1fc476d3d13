"""How people of the training town write in English; the same marks as in Russian."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, ...]] = {
    "street_light_out": (
        "{Street light|Lamp post|The lamp} {is out|not working|keeps flickering} {p}",
        "{It is pitch dark|No street lighting} {p}{, {t}|}",
        "{n} lamps are dead {p}, {scary to walk|please fix}",
    ),
    "pothole": (
        "{Huge|Deep|Nasty} pothole {p}",
        "Pothole {p}, {cars swerve around it|my tyre burst|it keeps coming back}",
        "Road surface is {falling apart|full of holes} {p}",
    ),
    "footway_damage": (
        "{Broken|Cracked|Uneven} pavement {p}, {impossible with a pram|someone tripped}",
        "Hole in the {footpath|pavement} {p}",
        "Tiles are {loose|missing} on the walkway {p}",
    ),
    "kerb_damage": (
        "Kerb is {broken|knocked out} {p}",
        "No usable ramp {p}, wheelchair cannot {get up|pass}",
    ),
    "sign_damaged": (
        "Road sign {is missing|was knocked down|hidden by branches} {p}",
        "The {stop|crossing|speed} sign {p} is {bent|turned}",
    ),
    "signal_fault": (
        "Traffic light {not working|stuck on red|flashing amber} {p}",
        "Pedestrian button {dead|does nothing} {p}",
    ),
    "snow_not_cleared": (
        "Snow {not cleared|piled on the footway} {p}{, {t}|}",
        "{Nobody ploughs|No plough came} {p}",
    ),
    "ice_on_footway": (
        "{Sheet ice|Black ice|Very slippery} {p}, {people fall|no grit}",
        "Please {grit|salt} the footway {p}",
    ),
    "waste_not_collected": (
        "{Rubbish|Waste} not collected {p} {t}",
        "Containers {overflowing|full} {p}, {it smells|rats}",
    ),
    "overfull_bin": (
        "{Litter bin|Rubbish bin} {overflowing|full} {p}",
        "Bin {p} has not been emptied {t}",
    ),
    "illegal_dump": (
        "{Fly-tipping|Rubble dumped|Old furniture dumped} {p}",
        "Someone {dumped|left} {tyres|bags of rubble|a sofa} {p}",
    ),
    "graffiti": (
        "Graffiti {on the wall|on the facade} {p}",
        "{Spray paint|Tags} {p}, please remove",
    ),
    "abandoned_vehicle": (
        "Abandoned {car|van} {p}, there {t}",
        "Wreck without {plates|wheels} {p}",
    ),
    "stray_animals": (
        "{Pack of dogs|Stray dogs} {p}, {they chase people|about {n} of them}",
        "Aggressive dog without owner {p}",
    ),
    "dangerous_tree": (
        "{Tree fell|Tree down|Big branch down} {p}",
        "Tree {leaning badly|about to fall} {p}",
    ),
    "tree_pruning": (
        "Branches {block the lamp|touch the wires|reach the windows} {p}",
        "Trees need {pruning|trimming} {p}",
    ),
    "grass_uncut": ("Grass {waist high|knee high|not cut} {p}", "When will someone mow {p}?"),
    "bench_broken": (
        "Bench {broken|has no slats} {p}",
        "{Seat|Bench} {p} is {rotten|falling apart}",
    ),
    "playground_damage": (
        "{Swing|Slide|Roundabout} broken on the playground {p}",
        "Playground {p} is {unsafe|rusty}, a child got hurt",
    ),
    "drain_blocked": (
        "{Drain|Gully} blocked {p}, {road flooded|huge puddle}",
        "Water stands {p} after every rain",
    ),
    "manhole_open": (
        "{Open manhole|Manhole cover missing} {p}, {dangerous|someone will fall in}",
        "Manhole {sunken|rattling} {p}",
    ),
    "water_leak": (
        "Water {leaking|bubbling up|gushing} from the {road|ground} {p}",
        "Burst pipe {p}",
    ),
    "no_water": (
        "No {cold water|water at all} {p}",
        "{Very low pressure|Brown water|Only drips} {p}, {t}",
    ),
    "hot_water_fault": ("No hot water {p} {t}", "Hot water is {lukewarm|barely warm|rusty} {p}"),
    "no_heating": (
        "{Radiators cold|No heating|Heating off} {p} {t}",
        "It is 1{n} degrees indoors {p}, heating barely works",
    ),
    "power_outage": ("{Power cut|No electricity|Lights out} {p}", "Voltage {jumps|drops} {p}"),
    "sewer_blockage": (
        "{Sewer blocked|Sewage backing up} {p}",
        "Sewage {smell|in the basement} {p}",
    ),
    "building_upkeep": (
        "{Lift broken|Roof leaks|Staircase filthy|Entrance door broken} {p}",
        "Housing company ignores us {p}, {damp|no light on the stairs}",
    ),
}
GREETINGS = ("Hello, ", "Hi. ", "Good morning. ", "Dear all, ")
TAILS = (
    " Please fix.",
    " Thanks.",
    " This is the third time.",
    " Nobody answers.",
    " Photo attached.",
    " Please help!",
)
LASTING = ("for two weeks", "since Monday", "since yesterday", "for days", "for a month", "again")
AGAIN = ("Closed but not fixed: ", "Same again. ", "Reported before. ", "It came back: ")
CONTACTS = (
    " Call +7 (000) {a}-{b}-{c}, {name}.",
    " Yours, {name}.",
    " Mail me: {mail}@example.org.",
)
PEOPLE = ("John Miller", "Anna Smith", "P. Brown")
VAGUE = ("near the shop", "by the bus stop", "in our yard", "next to the school", "in the centre")
CLOSING = {
    "done": ("Done.", "Fixed.", "Crew attended, repaired."),
    "duplicate": ("Duplicate, merged with an earlier report.",),
    "declined": ("Not in the plan.", "Passed to the owner.", "Not confirmed on site."),
}
