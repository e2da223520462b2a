"""A few pages of plain prose with names, numbers and a tone of its own: what a person might bring to be learned."""

HARBOUR = """\
The harbour of Vellen lies on the north side of the bay, where the cliffs give way to a strip of shingle. It was dug in
1874 by sixty men with shovels and two horses, and it took them eleven summers. The outer wall is 212 metres long. On
its end stands a squat iron lamp that the fishermen call the Candle.

Ships larger than the ferry cannot enter at low water. The channel is only four metres deep there, and the sand moves
every winter. The harbour master, Ida Brunner, measures the depth on the first Monday of each month with a weighted
line, as her father did before her. She writes the figures into a green ledger that goes back to 1903.

The ferry to Osk leaves at seven in the morning and at five in the afternoon. It takes forty minutes in calm weather
and more than an hour when the wind is from the west. In January and February the second crossing is left out, because
the light is gone by then and nobody wants to come back in the dark.

Fish is sold from the boats on Tuesdays and Fridays. The auction in the long shed ended in 1996, when the last of the
big trawlers was sold to a company in Hanstead. What is landed now is mostly plaice, crab and a little cod. The cook of
the Anchor buys the crab before it has left the quay, which the others do not forgive him.

The lifeboat station was built after the winter of 1911, in which the schooner Margit was lost with nine people within
sight of the Candle. Its boat is launched over a ramp by a tractor. The crew are volunteers: a baker, two teachers, a
plumber and the vet. They practise on Wednesday evenings, and it is the custom that the youngest pays for the soup.

The tide tables that hang in the window of the chandlery are printed in Hanstead and are eleven minutes late for
Vellen. Everybody knows that and takes it away in his head. Visitors do not, and so it happens every summer that
somebody walks back from the seal rocks with wet trousers.

Repairs to the wall are paid for by the harbour dues. A boat under eight metres pays ninety crowns a year, a longer one
two hundred and forty, and the ferry company a sum that is agreed every three years after a long evening. In 2018 a
storm took thirty metres of the parapet. The stones were found by divers and set again, each with its old number.

The smokehouse behind the long shed belongs to the cooperative. It burns beech and a little juniper. Herring hang in it
for six hours and eel for nine, and the person on duty must not leave, because the fire of 1952 began while somebody had
gone to see a football match. The rule is painted on the door in red.

On the first of May the boats are blessed. The priest goes along the quay with a bucket and a brush made of heather, and
the children count how often he hits the boat and how often its owner. Afterwards there is a race for rowing boats
around the Candle and back, which is 1,300 metres. The record of seven minutes and four seconds was set in 1988 by two
sisters.

The library of the harbour is a cupboard in the waiting room of the ferry. It holds some two hundred books, most of them
about the sea and a surprising number about gardens. Whoever takes one is asked to leave one. Ida Brunner says that the
books about gardens are read most in November.
"""

LETTERS = (
    """\
Dear Ida,

well now, the roof is on. I stood under it this morning like a cow under a tree and was pleased with myself. Not a drop
came through, bar the one that found my collar, and that one had the whole sky to choose from.

Bruno says the nails will rust by spring. Let them. By spring I mean to be somewhere with a lemon in it.

Keep the kettle warm. Your old friend, T.
""",
    """\
Dear Ida,

well now, you ask about the boat. She floats, which is more than I can say for the man who sold her to me. Two planks
are soft as cheese, and the engine coughs like my uncle on a Sunday, but she floats, and she does it prettily.

I have named her after nobody at all. It keeps the peace.

Put a stone on the newspapers, there is wind coming. Your old friend, T.
""",
    """\
Dear Ida,

well now, winter. The hens have given up on me, and the cat looks at them as if she had a plan. I read by the stove and
burn a chair a week. There were nine. You may work out for yourself when to expect me.

The soup you sent was eaten standing up. There is no higher praise in this house.

Mind the ice on your step. Your old friend, T.
""",
)
