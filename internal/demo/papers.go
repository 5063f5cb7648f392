package demo

import "strings"

// The documents in the files of the demo.

const startHere = `# Start here

Everything about the new shop is in these folders:

| folder | what is in it |
|---|---|
| **Brief** | what was agreed, with figures |
| **Design** | pages, pictures and icons, newest version on top |
| **Texts** | the content plan, tone of voice, texts of the main pages |
| **Product photographs** | what you sent us, untouched |

## How we work with versions

A picture that changes keeps its name. Open it and choose *Versions* to see what it was before, or compare two of them.

1. Nothing is overwritten.
2. What is approved stays approved: a new version is a new question.
3. If something is missing, ask [Jonas](mailto:jonas@honcho.example).
`

const toneOfVoice = `# Tone of voice

Leto speaks like somebody who has woven for thirty years and likes visitors.

- Short sentences. One thought each.
- Say what a cloth *does*, not what it *is*: "dries overnight" and not "high-performance".
- Numbers where they help: weight, width, washes.
- No exclamation marks. The cloth does not shout.

> Linen gets better with every wash. So should we.

## Words

| we say | we do not say |
|---|---|
| cloth | fabric solution |
| sold out until May | currently unavailable |
| 3 in stock | only 3 left! |
`

const contentPlan = `Page,Who,Due,Words,State,Notes
Home,Camille Laurent,week 1,180,final,"Three lines, more cloth"
Collection: throws,Camille Laurent,week 1,90,final,
Collection: cushions,Camille Laurent,week 2,90,in work,"Ask Sofia about the new sizes, please"
Product: linen throw,Mei-Ling Chen,week 2,240,final,"Care above reviews"
Journal: the looms,Mei-Ling Chen,week 3,700,in work,"Photographs by the mill, 12 of them"
Delivery and prices,Marcus Okafor,week 3,150,waiting,=SUM(D2:D7)
Sizes,Sofia Almeida,week 3,60,waiting,"+ a drawing"
Imprint,Sofia Almeida,week 4,200,waiting,-
Five languages: Português,Camille Laurent,week 5,1710,open,"Tradução, revisão, correcção"
`

const tokens = `/* Tokens of the shop. Change them here and nowhere else. */
:root {
  --linen: #e6dfd0;
  --chalk: #f7f4ec;
  --soot: #2b2a28;
  --madder: #b04a3a;
  --lichen: #6f7d5c;
  --step: clamp(1rem, 0.9rem + 0.5vw, 1.25rem);
  --measure: 62ch;
}

.button {
  background: var(--lichen);
  color: var(--chalk);
  padding: 0.8em 1.4em;
  border-radius: 2px;
  transition: background 120ms ease-out;
}

.button:where([aria-disabled="true"]) {
  background: color-mix(in oklab, var(--lichen), var(--chalk) 60%);
}

@media (prefers-reduced-motion: reduce) {
  .button { transition: none; }
}
`

const basketCode = `package basket

import "errors"

// ErrSoldOut says that there is less of a product than was asked for.
var ErrSoldOut = errors.New("sold out")

// A Line is one product in a basket.
type Line struct {
	Product  string
	Quantity int
	Cents    int64 // for one
}

// Total is what all lines cost, with the delivery of a country.
func Total(lines []Line, delivery func(country string) (int64, error), country string) (int64, error) {
	var sum int64
	for _, l := range lines {
		if l.Quantity <= 0 {
			return 0, ErrSoldOut
		}
		sum += int64(l.Quantity) * l.Cents
	}
	if len(lines) == 0 {
		return 0, nil
	}
	d, err := delivery(country)
	if err != nil {
		return 0, err
	}
	return sum + d, nil
}
`

const deployNotes = `Deploy notes, launch week (Tomasz)

Mon  18:00  last import of products, old shop read-only for editors
Tue  06:30  switch of the domain, TTL is 300 s since last week
Tue  07:00  everybody in the call: Sofia, Marcus, Jonas, Priya, me
Tue  07:10  three orders with real cards: PT, CH, one that fails
Tue  09:00  newsletter

If it goes wrong: domain back, shop read-write, mail to Marcus first.
Hours so far: 14 of 22. Do not promise anything about invoices.
`

func briefPaper() []byte {
	return pdf("Project brief: website relaunch", "Jonas Weber, Honcho Design",
		leaf{text: `
			# Project brief
			Website relaunch for Leto Brand, agreed between Leto and Honcho Design.

			This brief says what the new shop has to do better than that of 2019, for whom, and how we will know. It is short
			on purpose: what is not in it is not part of the work, and the last page lists what we will not do.

			# Why now
			Seven of ten visitors come with a phone, and two of three leave before they see a price. Customers love the
			cloth and do not find the sizes. Delivery prices come too late: half of those who leave a full basket do so there.

			- The old shop shows a product in 4.2 seconds on a phone of the middle range.
			- Nobody reads the carousel on the home page.
			- Of 41 collections, 12 make 90 percent of the sales.`},
		leaf{text: `
			# Goals
			- A product page shows in under 1.5 seconds on the same phone.
			- 30 percent fewer baskets are left at the delivery price.
			- Sizes are found without leaving the product.
			- The journal is one step away from everywhere.

			# Audience
			People who buy often: they know the cloth, they come for what is new and for what is sold out. Show them when it comes
			back.

			People who buy once: a wedding, a first flat, a present. They need to trust a shop that they do not know. Show them the
			mill, the people and the way a cloth is cared for.`},
		leaf{text: `
			# Scope
			Fourteen kinds of page, on phone and desktop, in five languages. Connection to stock and prices, to the payment
			provider and to the warehouse. Import of products and journal; every old address that has visitors leads to its
			new one.

			# Time
			Discovery, structure, design, build, content, launch: in that order, each agreed before the next begins. The shop
			opens on a Tuesday morning, before the spring collection.

			# Money
			A fixed price for the scope above. Two rounds of changes for each deliverable are included.`},
		leaf{text: `
			# What we will not do
			- No app. The shop is good enough on a phone that nobody asks for one.
			- No pop-ups, no countdowns, no "only three left".
			- No reviews that cannot be traced to an order.
			- No second warehouse in this year.

			Questions: Jonas Weber, jonas@honcho.example`})
}

func designsPaper(round int) []byte {
	lines, button, cloth := []string{"Woven in Guimarães since 1991.", "Stonewashed, unhurried, and meant", "to be used every single day."}, woad, 0.35
	changes := "First round. Home, collection, product, basket and checkout."
	if round > 1 {
		lines, button, cloth = lines[:1], lichen, 0.55
		changes = "Second round: more cloth and less text on the home page, sold-out products with a date, and the new green."
	}
	return pdf("Page designs, round "+string(rune('0'+round)), "Priya Nair, Honcho Design",
		leaf{func() canvas { return hero(cloth, button, "Linen that stays", lines...) }, `
			# Home
			` + changes + `

			The picture is the page. The bar above stays small; there is no carousel. What is new comes below in one row
			that can be moved with a thumb.`},
		leaf{func() canvas { return phone("Linen throw", false) }, ``},
		leaf{func() canvas { return phone("Linen throw", round > 1) }, ``},
		leaf{text: `
			# States one forgets
			- Empty basket: a sentence and the last four things looked at.
			- Loading: the colour of the cloth, never a spinner over white.
			- Sold out: stays findable, with the day on which it comes back.
			- Payment fails: what happened, what was not charged, and one button.

			# Sizes of text
			Body 17 on a phone and 18 on a desktop; headings 34 and 52. Everything reaches a contrast of 4.5 to 1 or more.`})
}

func guidelinesPaper() []byte {
	return pdf("Leto guidelines", "Mei-Ling Chen, Honcho Design",
		leaf{func() canvas { return wordmark(soot, chalk, 14) }, `
			# The mark
			Four letters and the line of the shop sign in Guimarães. It stands alone: no claim beside it, no frame around it.
			Leave as much room on each side as the letter o is wide. Never smaller than 14 millimetres.`},
		leaf{func() canvas { return dyes(weld, "Weld") }, `
			# The colours
			All five can be dyed with plants in the mill. Text is soot on chalk. One dye on a page is enough; two are a
			celebration, three a mistake.`},
		leaf{func() canvas { return photograph(linen, 6) }, `
			# Photographs
			Daylight from the left, the grey cloth below, nothing else in the picture. The distance is such that one
			sees the threads.`},
		leaf{text: `
			# Words
			Leto speaks as somebody who has woven for thirty years and likes visitors. Short sentences; what a cloth does and
			not what it is; numbers where they help.

			# Files
			- leto-logo.svg for screens and signs
			- leto-logo.png where nothing else is possible
			- the archive brand.zip for printers, with everything

			If a question is not answered here, ask Mei-Ling.`})
}

func packagingPaper(round int) []byte {
	mark, address, words := 190.0, true, "First round: box in three sizes, band and label."
	if round > 1 {
		mark, address, words = 126, false, "Second round: the mark is a third smaller and the address is gone."
	}
	return pdf("Box, band and label", "Ana Ruiz, Honcho Design",
		leaf{func() canvas { return box(mark, address) }, `
			# Box
			` + words + ` Recycled cotton paper, grey, 480 grams. One colour, printed from soot.`},
		leaf{text: `
			# Band
			Madder, 74 millimetres, closed with a paper seal. It is the only colour on the box, and the first thing one touches.

			# Label
			Woven, 20 by 60 millimetres: mark, fibre, care symbols. The symbols are checked by your lab before we print.

			# Inside the lid
			- Use it every day.
			- It gets better.
			- Woven by eleven people.
			- Wash warm, hang in wind.
			- See you in thirty years.`})
}

func contractPaper() []byte {
	return pdf("Contract with the payment provider", "Leto Brand",
		leaf{text: `
			# Service agreement
			Between Leto Brand and Cascais Pay. This copy was signed by both sides.

			- Cards: 1.4 percent and 10 cents for each payment.
			- Bank transfer: 20 cents for each payment.
			- Payment on invoice: 2.1 percent, paid out after 14 days.

			The interface may change with notice of thirty days. During a change the provider offers a test system in which all
			kinds of payment can be tried.`},
		leaf{text: `
			# Annex
			Technical contact for the shop: the developer at Honcho Design. Access to the test system is given to him
			alone, and ends with the project.`})
}

func siteMapPaper() []byte {
	return pdf("Site map", "Priya Nair, Honcho Design",
		leaf{text: `
			# Five kinds of page, no more
			- A house: photographs, plan, three sentences.
			- All houses: a list that can be read in one go.
			- Office: everything that is not a house.
			- Journal: at most one entry in a month.
			- Contact, on every page, at the bottom.`})
}

func floorPlans() []byte {
	return pdf("Floor plans, east and west wing", "Kestrel Museum",
		leaf{text: `
			# Ground floor
			Halls 1 to 4. The entrance is between the albatross and the insects; the lift stands behind the swifts.

			# First floor
			Halls 5 to 7. There is no network in hall 6, because of the copper roof.`},
		leaf{text: `
			# Basement
			Halls 8 and 9, the bats and the archive. Light is kept below 50 lux.`})
}

func letterheadPaper() []byte {
	return pdf("Letterhead", "Mei-Ling Chen, Honcho Design",
		leaf{letterhead, `
			Please print this page on your own machine, ideally the oldest one in the house. The green has to be readable, and
			nothing may be cut off at the left.`})
}

func interviews() []byte {
	return docx(`
		# Eight customers
		Four who buy often, four who left with a full basket. Each talk took forty minutes, by telephone.

		# Those who buy often
		- "I know the cloth. I only want to know whether it is there."
		- "The sizes are in centimetres, my bed is in habits."
		- "I read the journal at night. It should not end in a shop."

		# Those who left
		- "Delivery was a third of the price, and I saw it at the end."
		- "I did not know the shop, and it asked for my telephone number."

		# What follows
		Show delivery early, show sizes on the product, ask for nothing that is not needed.`)
}

func mainTexts(final bool) []byte {
	home := "Linen that stays. Woven in Guimarães since 1991, stonewashed, unhurried, and meant to be used every single day."
	if final {
		home = "Linen that stays."
	}
	return docx(`
		# Home
		` + home + `

		# Throws
		A throw weighs 900 grams and dries overnight. It is as wide as two people who like each other.

		# Care
		Wash warm, hang in wind, do not iron unless you must. It gets better.`)
}

func goals() []byte {
	return xlsx("Goals", `
		Figure | Today | Goal | Measured by
		Product page on a phone, seconds | 4.2 | 1.5 | Tomasz
		Baskets left at delivery, percent | 52 | 36 | Bram
		Orders by phone, percent | 31 | 50 | Bram
		Questions about sizes, a week | 44 | 10 | Sofia`)
}

func estimate() []byte {
	return xlsx("Days", `
		Phase | Offered | Used | Left
		Discovery | 10 | 9 | 1
		Structure | 12 | 12 | 0
		Design | 34 | 31 | 3
		Build | 22 | 14 | 8
		Content | 8 | 2 | 6
		Launch | 4 | 0 | 4`)
}

func springSizes() []byte {
	return xlsx("Sizes", `
		Product | Width cm | Depth cm | Height cm | Pieces
		Throw | 38 | 28 | 9 | 4200
		Cushion, small | 42 | 42 | 12 | 2600
		Cushion, large | 52 | 52 | 14 | 1800
		Tea towel, pair | 24 | 18 | 3 | 3400`)
}

func feesLetter(round int) string {
	s := `# Our fees

Dear Ms Example,

Further to our conversation of the 4th inst. we hereby beg to confirm that our remuneration shall be computed by reference to the time expended by the fee earners engaged upon your matter.

You will find our terms enclosed.

Yours sincerely
Marram Law
`
	if round > 1 {
		s = strings.Replace(s, "Further to our conversation of the 4th inst. we hereby beg to confirm that our remuneration shall be computed by reference to the time expended by the fee earners engaged upon your matter.",
			"Thank you for the talk last week. We charge by the hour: 180 for a partner, 95 for a junior lawyer. For your matter we expect between six and nine hours.\n\nIf it becomes more, we ask you before we go on.", 1)
	}
	return s
}

const albatross = `# The albatross

*Hall 1, sign 1. Read by Henrik, 1 minute 40.*

It can sleep in the air. For five years after it has learned to fly it does not touch land, and nobody knows where it is.

Stretch your arms as wide as you can. Now ask two friends to stand beside you and do the same. That is one albatross.
`

const filmScript = `LAUNCH FILM, 40 SECONDS

00  A bridge in the morning. Nobody.
03  A bicycle leans on the rail. It is small. It is folded.
08  A hand. The hinge, close. It opens: click.
10  It is a bicycle.
12  Legs, wheels, the bridge, a dog that looks.
30  The end of the bridge. The hinge, close. Click.
34  It is under an arm, on the stairs to the train.
38  VOLT. Ten seconds.
`
