"""Forty notes of the synthetic person, as Markdown."""

from __future__ import annotations

from assistant.demo.year import DAY, Year

NOTES = (
    ("About this person", 0, 1, "This person is made up by `twinning demo`. None of the names, numbers and places in "
     "these notes exist."),
    ("Days to remember", 0, 2, "My birthday is on 3 May. Noor's birthday is on 21 September. Mum and Dad's wedding "
     "anniversary is on 12 June."),
    ("Flat", 0, 3, "The landlord is Hillside Homes, contact Mr. Brandt. The rent is due on the first of the month. The "
     "meter for electricity is in the cellar, number 4471."),
    ("Wi-Fi at home", 0, 5, "The network is called Kastanie. The password for guests is on the card by the router."),
    ("Cellar", 0, 9, "Our compartment is number 17. The padlock's code is the year in which Noor was born."),
    ("Dentist", 0, 12, "Dr. Lindner, Brunnen Street 4. She found a crack in the lower left molar. The next check-up is "
     "in May."),
    ("Doctor", 0, 15, "Family doctor: Dr. Okafor. She is there on Monday, Tuesday and Thursday mornings. Allergic to "
     "penicillin, as noted in her file."),
    ("Lentil soup", 0, 18, "Red lentils, two carrots, an onion, cumin, a tin of tomatoes. Twenty minutes. Lemon at the "
     "end, never at the beginning."),
    ("Bread", 1, 2, "500 g flour, 350 g water, 10 g salt, 100 g starter. Bake at 240 degrees with steam for 20 "
     "minutes, then at 210 degrees without."),
    ("Books to read", 1, 4, "The Left Hand of Darkness, lent by Noor. A history of salt. Something short by Tove "
     "Jansson."),
    ("Presents", 1, 10, "Noor would like a fountain pen, medium nib. Dad needs a head lamp. Mum wants nothing."),
    ("Winter coat", 2, 5, "The coat from Fashion Corner is too narrow in the shoulders. The receipt is in the blue "
     "folder; it can be returned within 14 days."),
    ("New year plans", 2, 1, "Sleep before midnight on weekdays. Run twice a week. Learn twenty songs on the guitar."),
    ("Guitar", 2, 14, "Lessons with Ines on Wednesdays at 18:30. Strings: 0.11 phosphor bronze."),
    ("Bike", 2, 20, "The frame number is WTU 201 7789. The chain was changed in January; the brake pads at the "
     "rear are next."),
    ("Flu", 3, 10, "Five days in bed. Nothing recorded, the watch lay on the desk."),
    ("Work: project Heron", 3, 18, "Project Heron ships in September. Marta leads it, Jonas does the interface. The "
     "weekly meeting is on Tuesday at 10:00."),
    ("Work: laptop", 3, 19, "Serial number DM-77120. The charger at the office is in the second drawer."),
    ("Garden", 4, 3, "The plot is number 9, behind the station. Beans along the fence, no mint in the bed any more."),
    ("Tomatoes", 4, 12, "Sown on the windowsill: two Black Cherry, three Green Zebra. Plant them out after 15 May."),
    ("Tax", 4, 20, "The tax adviser is Ms. Weigel. She needs the donation receipts and the statement of the insurance "
     "by the end of July."),
    ("Car sharing", 5, 2, "The card is in the wallet behind the library card. The nearest are at the town hall."),
    ("Headphones", 5, 8, "The new headphones from TechHub crackle on the left. TechHub offered a part back."),
    ("Party in May", 5, 11, "Nine people. Sami brings the speaker, Noor bakes the lemon cake. No nuts for Elif."),
    ("Lemon cake", 6, 6, "Four eggs, 200 g sugar, 200 g butter, 250 g flour, two lemons. 45 minutes at 175 degrees."),
    ("Scale", 6, 4, "The scale showed 1782 kg for a moment. It wants new batteries."),
    ("Neighbours", 6, 15, "Mrs. Aydin, third floor, has our spare key. She waters the plants when we are away."),
    ("Swimming", 7, 3, "The lake is warm enough from June on. The bus back leaves at ten past."),
    ("Choir", 7, 9, "Concert on the last Saturday of the month in St. Anne's. Black trousers, no hats."),
    ("Hike", 8, 6, "A week in the hut above Lenzen without the watch. The path over the ridge takes six hours."),
    ("Hut", 8, 8, "The keeper is called Rosa. She keeps the key under the third flower pot."),
    ("London", 9, 8, "Six nights in the London Inn, room 212. The theatre was on the second evening; the seats were in "
     "row F."),
    ("London: people", 9, 12, "Met Priya near the market. She moved to Bristol and works for a museum now."),
    ("Bike insurance", 9, 22, "Ask Harbour Insurance whether the bike is in the household policy. The policy number "
     "ends in 5520."),
    ("Film club", 10, 5, "Next films: Ikiru, then The Apartment. Sami has the projector."),
    ("Running shoes", 10, 11, "Size 43, neutral. The old pair had 720 km."),
    ("Project Heron is out", 10, 24, "Shipped two days late. Marta wants a review in October, Jonas is on holiday."),
    ("Heating", 11, 4, "The radiator in the hall is lukewarm. Mr. Brandt sends the plumber, Mr. Szabo."),
    ("Sleep", 11, 26, "Going to bed later and later since the evenings are long. Put the telephone into the kitchen."),
    ("Plans for winter", 12, 3, "Buy no more mint. Book the hut for February. Ask Ines about a second guitar lesson."),
)  # fmt: skip
"""Title, month of the year (0 is the first), day of it, and what it says."""
FACTS = ("My birthday is on 3 May.", "My favourite tea is Assam.")
"""What the synthetic person has said of themself: "since my birthday" is taken from such a fact, never from a note."""


def files(year: Year) -> dict[str, str]:
    """Notes by file name; one that would be later than today is dated today."""
    found: dict[str, str] = {}
    for title, month, day, text in NOTES:
        dated = min(year.months[month] + (day - 1) * DAY, year.today)
        slug = "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())
        found[f"demo-{slug}.md"] = f"---\ndate: {dated}\n---\n\n# {title}\n\n{text}\n"
    return found
