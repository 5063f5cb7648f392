package demo

import "github.com/vitrine-portal/vitrine/internal/portal"

// The people at Leto Brand, who weave and sell linen.
var (
	sofia   = &person{"Sofia Almeida", "sofia@leto.example", "Marketing director", zone}
	marcus  = &person{"Marcus Okafor", "marcus@leto.example", "Managing director", "Europe/London"}
	yuki    = &person{"Yuki Tanaka", "yuki@leto.example", "Head of finance", zone}
	camille = &person{"Camille Laurent", "camille@laurent.example", "Freelance editor", "Europe/Paris"}
	bram    = &person{"Bram Visser", "bram@leto.example", "Online shop manager", zone}
	nadia   = &person{"Nadia Haddad", "nadia@leto.example", "Retail manager", zone}
)

func leto() *client {
	site, packaging, refresh, photos, fair := letoSite(), letoPackaging(), letoRefresh(), letoPhotos(), letoFair()
	return &client{
		name: "Leto Brand", added: -126, lead: jonas, team: []*person{ana}, portalOn: -125,
		welcome: `
			Good to have you here. This is where the new shop, the spring packaging and everything else we make for
			Leto comes together. Jonas is your first contact; Ana looks after the design.`,
		users: []user{
			{person: sofia, title: "Marketing director", preset: portal.PresetLead, invited: -125, accepted: -124,
				visits: []day{-110, -92, -75, -61, -52, -40, -31, -22, -14, -8, -4}},
			{person: marcus, title: "Managing director", preset: portal.PresetApprover, invited: -125, accepted: -123,
				visits: []day{-100, -70, -48, -27, -12, -5}},
			{person: yuki, title: "Head of finance", preset: portal.PresetViewer, invited: -86, accepted: -84, visits: []day{-60, -34, -10}},
			{person: camille, title: "Editor, freelance", preset: portal.PresetCommenter, only: []*project{site}, invited: -58, accepted: -57,
				visits: []day{-45, -20, -3}},
			{person: nadia, title: "Retail manager", preset: portal.PresetCommenter, only: []*project{packaging}, invited: -32},
			{person: bram, title: "Online shop manager", preset: portal.PresetContributor, invited: -3, asked: sofia},
		},
		projects: []*project{refresh, photos, site, packaging, fair},
		said:     letoSaid,
	}
}

func letoSite() *project {
	shelf := letoSiteShelf()
	return &project{
		name: "Website relaunch", files: shelf.files, folders: shelf.folders, requests: shelf.asked,
		approvals: []*sought{
			{title: "Home page on the phone", body: "With the page of a product that is sold out.", on: -29, due: -27, by: priya, files: shelf.of("homepage-phone.png"),
				people: []*person{sofia}, said: []verdict{{on: -28, who: sofia, answer: portal.AnswerNote, note: "Lovely. The green of the button may be a shade darker."}}},
			{title: "Six banners for the opening", body: "For the letter and the shop windows, one for each colour. They go to the printer **on the day after they are approved**.", on: -2, due: 1, by: priya,
				files:  shelf.of("banner-natural.jpg", "banner-madder.jpg", "banner-woad.jpg", "banner-weld.jpg", "banner-soot.jpg", "banner-opening.jpg"),
				people: []*person{sofia}, said: []verdict{{on: -1, who: sofia, looks: true}}},
		},
		signoffs: []signing{
			{of: "Site map and wireframes", statement: "I have checked “Site map and wireframes” in its second round and accept it as complete and as agreed.",
				on: -60, by: jonas, signed: -59, signer: sofia},
			{of: "Design", statement: `
				I have checked the fourteen pages for phone and desktop and accept this milestone as reached and as agreed, apart from the open points.`,
				points: []string{"The green of the button on the phone may become a shade darker while it is built."}, on: -27, by: jonas, signed: -26, signer: marcus},
		},
		wanted: []wanted{{on: -6, by: sofia, file: shelf.of("Page designs.pdf")[0],
			points: []string{
				"The price next to the name on the page of a product, not below the picture.",
				"Show the care label on every product, with the symbols.",
				"A page for each of the three mills, with a film.",
				"The button says “Into the basket” rather than “Buy”.",
				"Something about returns, where people look for it.",
			},
			said: []reply{
				{on: -5, who: priya, n: 1, how: "done"},
				{on: -5, who: priya, n: 4, how: "refuse", words: "We tried both with twelve people: “Buy” was found a second sooner. We would like to keep it."},
				{on: -4, who: jonas, n: 3, how: "price", price: portal.Price{Amount: 240000, Currency: "EUR"}},
				{on: -3, who: priya, n: 5, how: "ask", words: "In the foot of every page, or in the basket too?"},
			}}},
		talks: letoSiteTalks(shelf), remarks: letoSiteRemarks(shelf),
		given: []given{
			{on: -28, file: shelf.of("homepage-hero.jpg")[0], until: 30},
			{on: -9, file: shelf.of("Page designs.pdf")[0], until: 20, most: 5, password: "linen-and-light"},
		},
		summary: `
			A new online shop for Leto: faster, easier to look after, and as calm as the linen itself. It replaces the
			shop of 2019 and opens before the spring collection.`,
		created: -88, begins: -86, due: 22, lead: jonas, shared: -87,
		team: []member{{ana, "Creative direction", false}, {priya, "Interface design", false}, {tomas, "Development", false}, {mei, "Editorial strategy", true}},
		phases: []phase{
			{title: "Discovery", body: "Goals, audience and content, agreed in writing before anything is drawn.", from: -86, due: -74, reached: -74,
				tasks: []task{
					{title: "Kick-off with both teams", who: jonas, due: -86, done: -86},
					{title: "Interview eight customers", body: "Four who buy often, four who left with a full basket.", who: mei, due: -79, done: -78},
					{title: "Send us access to the shop's statistics", who: sofia, due: -82, done: -81},
					{title: "Read two years of support mails", who: mei, due: -78, done: -77},
					{title: "List every system the shop talks to", who: tomas, due: -77, done: -76},
					{title: "Write the brief", who: jonas, due: -75, done: -75},
					{title: "Estimate against the fixed price", body: "Discovery took 9 days of 10. Keep the interviews out of the next offer, or price them.", who: jonas, due: -75, done: -75, hidden: true},
				},
				deliver: []deliverable{
					{title: "Project brief", body: "Eleven pages: goals with figures, audience, scope, and a list of what we will not do.", owner: jonas, due: -74, rounds: 1,
						files: []attach{{-76, shelf.of("Project brief.pdf")}},
						story: []turn{asks(-76, jonas), approves(-74, marcus, "Clear and short. The list of things we will not do is the best part.")}},
				}},
			{title: "Structure", body: "Every page, what it is for, and how one gets there.", from: -73, due: -60, reached: -59,
				tasks: []task{
					{title: "Take stock of existing pages", who: mei, due: -70, done: -70},
					{title: "Decide which collections stay", body: "The shop holds 41 collections; 12 of them make 90 percent of the sales.", who: sofia, due: -68, done: -66},
					{title: "Draw the site map", who: priya, due: -67, done: -66},
					{title: "Wireframes of home, collection and product", who: priya, due: -63, done: -63},
					{title: "Wireframes of basket and checkout", who: priya, due: -61, done: -61},
					{title: "Try the site map with five people", who: mei, due: -62, done: -61},
					{title: "Choose the shop system", who: tomas, due: -62, done: -62},
				},
				deliver: []deliverable{
					{title: "Site map and wireframes", body: "Fourteen kinds of page. Start with the checkout: it is where most is won.", owner: priya, due: -60, rounds: 2,
						links: []link{{"Wireframes", "https://draw.honcho.example/leto-wireframes"}},
						story: []turn{
							asks(-65, priya),
							returns(-63, sofia, `
								Very close. Two things before we go on:

								- The journal must be reachable from every product, not only from the home page.
								- Please show the care instructions above the reviews.`),
							asks(-61, priya),
							approves(-60, sofia, "Exactly. Thank you for the quick turn.")}},
				}},
			{title: "Design", body: "How the shop looks and feels, on a phone first.", from: -58, due: -34, reached: -27,
				moved: []move{{-41, 0, -28, "The product photographs came two weeks later than planned."}},
				tasks: []task{
					{title: "Design the home page", who: priya, due: -50, done: -49},
					{title: "Design collection and product", who: priya, due: -44, done: -43},
					{title: "Design basket and checkout", who: priya, due: -40, done: -38},
					{title: "Design the journal", who: priya, due: -36, done: -33},
					{title: "Send us the product photographs", body: "The twelve core products first, 3000 pixels wide, on the grey cloth.", who: sofia, due: -46, done: -37},
					{title: "Check contrast and text sizes", who: priya, due: -32, done: -31},
					{title: "Write the texts of the main pages", who: camille, added: -56, due: -35, done: -34},
					{title: "Read the texts for tone", who: mei, due: -33, done: -32},
					{title: "Settle how prices and taxes are shown", who: marcus, due: -38, done: -36},
					{title: "Margin check after design", body: "Two rounds used, 31 of 34 days. We do not have a third round for free: say so before build.", who: ana, due: -28, done: -27, hidden: true},
				},
				deliver: []deliverable{
					{title: "Page designs", body: "All fourteen pages, for phone and desktop, with the states one forgets: empty, loading, sold out.", owner: priya, due: -28, rounds: 2,
						files: []attach{{-40, shelf.of("Page designs.pdf", "homepage-hero.jpg")}},
						links: []link{{"Designs", "https://draw.honcho.example/leto-designs"}, {"Walk-through, 6 minutes", "https://films.honcho.example/leto-walkthrough"}},
						story: []turn{
							asks(-40, priya),
							returns(-38, marcus, `
								We like the direction very much. Please look again at:

								1. The home page: more cloth, less text.
								2. Sold-out products should stay findable, with a date when they come back.
								3. The green of the buttons is not ours any more; see the brand refresh.`),
							asks(-30, priya),
							approves(-28, marcus, "Approved. The sold-out page is lovely.")}},
				}},
			{title: "Build", body: "The shop works, with real products and real payments.", from: -26, due: 4,
				moved: []move{{-6, 0, 7, "The payment provider changes its interface this month; the checkout needs a second round of tests."}},
				tasks: []task{
					{title: "Set up the servers in two regions", who: tomas, due: -23, done: -23},
					{title: "Templates: home, collection, product", who: tomas, due: -15, done: -13},
					{title: "Templates: journal and plain pages", who: tomas, due: -10, done: -9},
					{title: "Basket that survives a change of device", who: tomas, due: -8, done: -6},
					{title: "Connect stock and prices", who: tomas, due: -6, done: -5},
					{title: "Send us the contract with the payment provider", who: sofia, added: -20, due: -16, done: -14},
					{title: "Connect the payment provider", body: "Cards and bank transfer work in the test shop. Paying on invoice waits for their new interface.", who: tomas, due: 1, started: -7},
					{title: "Order mails in five languages", who: tomas, due: 3, started: -2},
					{title: "Search that forgives typing errors", who: tomas, due: 4},
					{title: "Move animations to what the system prefers", who: priya, due: -3, done: -2},
					{title: "Look through the test shop on your own phone", body: "Twenty minutes are enough. Write down where you hesitated; you need not say why.", who: sofia, added: -3, due: 2},
					{title: "Confirm the delivery prices for Norway and Switzerland", who: marcus, added: -6, due: -1},
					{title: "Refunds from the order page", who: tomas, added: -9, due: 1, started: -3, done: -1},
					{title: "Load test with 400 visitors at once", who: tomas, due: 5},
					{title: "Test on twelve phones and browsers", who: priya, due: 6},
					{title: "Ask for a quote: payments on invoice", body: "If the new interface slips again we need the other provider. Do not mention it before Ana has spoken with Marcus.", who: jonas, added: -6, due: 2, started: -4, hidden: true},
					{title: "Book Tomasz for the launch week", who: jonas, added: -12, due: -5, done: -5, hidden: true},
				},
				deliver: []deliverable{
					{title: "Product page template", body: "The page of a product with everything on it: pictures, sizes, care, reviews, and the story of the cloth.", owner: tomas, due: 4, rounds: 2,
						links: []link{{"Open the page", "https://test.honcho.example/leto/product"}},
						story: []turn{
							asks(-12, tomas),
							returns(-2, sofia, `
								Works well on my phone. Three points:

								- The size table opens too low; I thought it was broken.
								- "Only 3 left" feels pushy. Could it say "3 in stock"?
								- Please leave the reviews of the old product, they mention a fabric we no longer use.`)}},
					{title: "Checkout, clickable", body: `
						The whole way from basket to receipt, with test cards. Please try at least:

						1. a normal order to Portugal,
						2. an order to Switzerland, where duty is shown before paying,
						3. a payment that fails.

						Your approval lets us connect the real payments.`, owner: priya, due: 1, rounds: 2,
						links: []link{{"Open the test checkout", "https://test.honcho.example/leto/checkout"}, {"Test cards", "https://test.honcho.example/leto/cards"}},
						story: []turn{asks(-3, jonas)}},
					{title: "Test shop", body: "All pages with the spring products. It is reset each night at two.", owner: tomas, due: 7, added: -9,
						links: []link{{"Test shop", "https://test.honcho.example/leto"}}},
				}},
			{title: "Content and migration", body: "Products, journal and addresses come over; nothing that people have bookmarked is lost.", from: -8, due: 13,
				tasks: []task{
					{title: "Export products from the old shop", who: tomas, added: -10, due: -6, done: -6},
					{title: "Map old addresses to new ones", body: "1,140 addresses; 212 of them have visitors.", who: mei, added: -10, due: 2, started: -4},
					{title: "Send us the final texts of the spring collection", who: camille, added: -4, due: 2},
					{title: "Alternative texts for 180 photographs", who: mei, added: -10, due: 8, started: -3},
					{title: "Import the journal", who: tomas, added: -10, due: 9},
					{title: "Decide which reviews come over", body: "312 reviews mention products you still sell. We propose to take those, and leave the others.", added: -3, due: 6, waits: true},
					{title: "Legal pages in five languages", who: sofia, added: -3, due: 9},
				}},
			{title: "Launch", body: "The new shop opens on a Tuesday morning, with everybody in one call.", due: 17,
				moved: []move{{-6, 0, 20, "It follows the build; we keep four quiet days between the last test and the opening."}},
				tasks: []task{
					{title: "Agree on the launch day with the warehouse", who: marcus, added: -3, due: 6},
					{title: "Write the launch plan, hour by hour", who: jonas, added: -6, due: 10},
					{title: "Train three editors", who: mei, added: -6, due: 16},
					{title: "Move the domain", who: tomas, added: -6, due: 20},
					{title: "Watch the first weekend", who: tomas, added: -6, due: 22},
					{title: "Check the live shop a week later", who: priya, added: -6, due: 25},
					{title: "Send the final invoice", who: jonas, added: -6, due: 24, hidden: true},
				},
				deliver: []deliverable{
					{title: "Handover guide", body: "How to add a product, change a price and write in the journal. With pictures.", owner: mei, due: 16, added: -8, hidden: true},
				}},
			{title: "Margin review with Ana", body: "Hours against offer, before we promise anything after launch.", due: 2, added: -6, hidden: true},
		},
		updates: []update{
			{on: -74, files: shelf.of("Goals and figures.xlsx"), health: portal.OnTrack, sentence: "Discovery is done, and we know what the shop has to do better.",
				body: `
					The brief is approved, two days early. What we heard from your customers, in short:

					- They love the cloth and do not find the sizes.
					- Half of those who left did so at the delivery prices, which came too late.
					- Nobody reads the carousel on the home page.

					Next we draw the structure of the new shop. Sofia, we need your decision about the collections by next week.`},
			{on: -60, by: priya, health: portal.OnTrack, sentence: "The structure stands; design begins.",
				body: `
					Site map and wireframes are approved after the second round. Thank you for the precise comments: the journal is
					now one step away from every product.

					We start with the phone, because seven of ten visitors come with one. The first pages are with you in about two weeks.`},
			{on: -47, health: portal.Waiting, sentence: "Design goes well; we wait for the product photographs.",
				body: `
					Home and collection pages are drawn. For the product page we need the real photographs: with placeholders we would
					decide about the wrong things.

					**From you:** the twelve core products, as soon as the studio can. Until then we work on basket and checkout, so no time is lost yet.`},
			{on: -41, health: portal.AtRisk, sentence: "Design ends two weeks later, because the photographs did.",
				body: `
					The photographs will be here next week. We move the end of the design phase and, for now, keep the launch where it is:
					the build has room for one of the two weeks.

					We will say so plainly if that changes.`},
			{on: -27, by: priya, files: shelf.of("homepage-hero.jpg", "homepage-phone.png"), health: portal.OnTrack, sentence: "All pages are approved. We build.",
				body: `
					Fourteen pages, both sizes, all states: approved. The photographs were worth the wait.

					What comes next:

					1. Tomasz sets up the servers and builds the templates.
					2. You will see a test shop in about three weeks, with real products.
					3. Camille and Mei-Ling finish the texts in the meantime.`},
			{on: -16, by: tomas, health: portal.OnTrack, sentence: "The first templates run, and they are fast.",
				body: `
					Home, collection and product pages run on the test servers. The product page shows in 0.9 seconds on a mid-range
					phone; the old one took 4.2.

					Still open is paying on invoice. We are in touch with the provider and expect their answer this week.`},
			{on: -16, by: jonas, hidden: true, health: portal.AtRisk, sentence: "Build is eating the buffer.",
				body: "Tomasz has used 14 of 22 days and the checkout is still ahead. If the provider slips, we are two days over the fixed price. Ana to decide whether we offer the invoice payments as an extra."},
			{on: -6, health: portal.AtRisk, sentence: "Launch moves by three days: payments on invoice need another round of tests.",
				body: `
					The payment provider changes its interface this month. Cards and bank transfer are not affected; paying on
					invoice is, and a third of your orders use it. We would rather open three days later than twice.

					- The build now ends a few days later, the launch follows it.
					- Everything else is on time: the basket works on several devices, stock and prices are connected.
					- **From you:** the delivery prices for Norway and Switzerland, and twenty minutes with the test shop.`},
			{on: -1, health: portal.AtRisk, sentence: "The checkout is ready for your eyes; with your approval we connect real payments.",
				body: `
					You can walk through the whole checkout with test cards. It is the last thing that needs your approval before the launch.

					- **Done this week:** stock and prices are live in the test shop, order mails exist in two of five languages.
					- **Next:** your three points about the product page, the search, and the load test.
					- **What could still move the launch:** the new interface for invoices. The provider has promised it for this week; we check each morning.

					Marcus, the delivery prices for Norway are now the oldest open point.`},
		},
	}
}

func letoPackaging() *project {
	shelf := letoPackagingShelf()
	return &project{
		name: "Spring packaging", files: shelf.files, folders: shelf.folders,
		approvals: func() []*sought {
			first := &sought{title: "Front of the box", on: -18, due: -14, by: ana, files: shelf.of("box-front.png"), people: []*person{sofia, marcus}, rule: portal.RuleEveryone,
				said: []verdict{{on: -16, who: sofia, answer: portal.AnswerApprove}, {on: -15, who: marcus, answer: portal.AnswerChanges, note: "The mark shouts. A third smaller, and without the address."}}}
			return []*sought{first,
				{title: "Front of the box", body: "The mark is a third smaller; the address is gone.", on: -6, due: -2, by: ana, files: shelf.of("box-front.png"), again: first,
					people: []*person{sofia, marcus}, rule: portal.RuleEveryone, checklist: []string{"The name is spelt right", "The colours are those of the guidelines"},
					said:   []verdict{{on: -5, who: marcus, answer: portal.AnswerApprove}},
					phoned: []phoned{{on: -1, by: jonas, who: sofia, answer: portal.AnswerNote, note: "Print it. She would like to see the first sheet before the whole run."}}},
				{title: "Box, band and label, for the printer", on: -1, due: 3, by: ana, files: shelf.of("Box, band and label.pdf"), people: []*person{marcus}, draft: true}}
		}(),
		signoffs: []signing{{of: "Materials", statement: `
			I have checked the printed samples and accept the choice of paper as final: with my signature Honcho orders it for 12,000 boxes.`,
			points: []string{"The mill delivers the second half in April."}, on: -2, due: 5, by: jonas}},
		summary: `
			Boxes, bands and labels for the spring collection, made of one material and printed in one colour.`,
		created: -44, begins: -42, due: 30, lead: jonas, shared: -43,
		team: []member{{ana, "Creative direction", false}, {mei, "Material and suppliers", false}},
		phases: []phase{
			{title: "Materials", body: "Paper that is recycled, recyclable, and pleasant to touch.", from: -42, due: -28, reached: -29,
				tasks: []task{
					{title: "Collect samples from four mills", who: mei, due: -36, done: -35},
					{title: "Send us the sizes of all spring products", who: sofia, due: -34, done: -33},
					{title: "Ask two printers for prices", who: mei, due: -30, done: -30, hidden: true},
				},
				deliver: []deliverable{{title: "Choice of paper", body: "Three papers, with a printed sample of each. The samples are in the parcel of last Tuesday.", owner: mei, due: -29, rounds: 1,
					story: []turn{asks(-32, mei), approves(-29, sofia, "The grey one, unanimously. It feels like the cloth.")}}}},
			{title: "Design", body: "One system for eleven sizes.", from: -28, due: 4,
				tasks: []task{
					{title: "Draw the box in three sizes", who: ana, due: -20, done: -19},
					{title: "Draw bands and labels", who: ana, due: -12, done: -11},
					{title: "Choose the sentence inside the lid", body: "Five proposals are in the designs. Or write your own: at most 40 letters.", added: -3, due: 4, waits: true},
					{title: "Check the care symbols with your lab", who: sofia, added: -9, due: -5, done: -4},
				},
				deliver: []deliverable{
					{title: "Box, band and label", body: "The complete set on four pages, with a photograph of the dummy.", owner: ana, due: 3, rounds: 2,
						files: []attach{{-18, shelf.of("Box, band and label.pdf", "box-front.png")}},
						story: []turn{
							asks(-18, ana),
							returns(-15, marcus, "The band is beautiful. Please make the logo on the box smaller, and leave the web address out: people have their phones."),
							asks(-5, ana)}},
				}},
			{title: "Print", body: "Proofs, then 12,000 boxes.", from: 5, due: 26,
				tasks: []task{
					{title: "Order the proofs", who: mei, due: 6, started: -1},
					{title: "Visit the printer for the first sheets", who: ana, due: 15},
				},
				deliver: []deliverable{{title: "Print files", owner: ana, due: 8, hidden: true}}},
		},
		updates: []update{
			{on: -29, by: mei, health: portal.OnTrack, sentence: "The paper is chosen: recycled cotton, grey.",
				body: "You chose the cotton paper. It comes from offcuts of shirt makers, takes ink well and costs 6 cents more per box than the cheapest. We draw the boxes now and show them in two weeks."},
			{on: -15, by: ana, health: portal.OnTrack, sentence: "Second round: smaller logo, no address.",
				body: "Thank you for the clear words, Marcus. The logo shrinks by a third and the address goes. You will have the second round next week, with a dummy that you can hold."},
			{on: -5, health: portal.Waiting, sentence: "The second round is with you; the print slot is reserved for two more weeks.",
				body: `
					Box, band and label are ready for your decision, and the dummy should be on Sofia's desk.

					- The printer holds our slot until the end of next week. After that, the next one is five weeks later.
					- We also need the sentence inside the lid. Short is good.`},
		},
	}
}

func letoRefresh() *project {
	shelf := letoRefreshShelf()
	return &project{
		name: "Brand refresh", files: shelf.files, folders: shelf.folders,
		summary: "The word mark redrawn, new colours from natural dyes, and rules that fit on eight pages.",
		created: -124, begins: -122, due: -80, lead: jonas, shared: -123,
		team: []member{{ana, "Creative direction", false}, {mei, "Strategy", false}},
		approvals: []*sought{{title: "Mark, colours and guidelines, for print", body: "These are the files that go to all suppliers.", on: -84, due: -82, by: mei,
			files: shelf.of("Guidelines.pdf", "leto-logo.png", "leto-colours.png"), people: []*person{sofia, marcus}, rule: portal.RuleEveryone,
			said: []verdict{{on: -83, who: sofia, answer: portal.AnswerApprove}, {on: -82, who: marcus, answer: portal.AnswerNote, note: "Print the madder first: our own dyer asks for it."}}}},
		signoffs: []signing{{statement: `
			I have checked the mark, the colours, the guidelines and all files, and accept the brand refresh as complete and as agreed.`,
			on: -81, by: jonas, signed: -80, signer: marcus}},
		phases: []phase{
			{title: "Research", from: -122, due: -112, reached: -112, tasks: []task{
				{title: "Workshop in the weaving mill", who: mei, due: -118, done: -118},
				{title: "Collect what carries the old mark", who: sofia, added: -121, due: -115, done: -114}}},
			{title: "Mark and colours", from: -111, due: -95, reached: -94,
				deliver: []deliverable{{title: "Word mark and colours", files: []attach{{-102, shelf.of("leto-logo.png", "leto-colours.png")}}, body: "The letters are drawn from the old shop sign in Guimarães; the five colours can all be dyed with plants.", owner: ana, due: -95, rounds: 2,
					story: []turn{asks(-102, ana), returns(-100, marcus, "The mark: yes. The yellow is too loud beside the linen."), asks(-96, ana), approves(-95, marcus, "Yes to all of it.")}}},
				tasks: []task{{title: "Dye tests with the mill", who: mei, due: -101, done: -100}, {title: "Trademark search", who: jonas, due: -98, done: -98, hidden: true}}},
			{title: "Guidelines", from: -94, due: -82, reached: -81,
				deliver: []deliverable{{title: "Guidelines and files", body: "Eight pages, and every file one may need.", owner: mei, due: -82, rounds: 1,
					files: []attach{{-84, shelf.of("Guidelines.pdf", "brand.zip")}},
					story: []turn{asks(-84, mei), approves(-82, sofia, "Our printer understood it without a call. That has never happened.")}}}},
		},
		updates: []update{
			{on: -112, by: mei, health: portal.OnTrack, sentence: "We have seen the looms, and the old shop sign.", body: "Two days in the mill gave us more than any survey. The letters of the old shop sign are better than everything that came after them; we start there."},
			{on: -100, by: ana, health: portal.OnTrack, sentence: "First round shown; the yellow goes.", body: "The mark found friends at once. We replace the yellow with one from weld, which is softer and can be dyed in your own mill."},
			{on: -80, status: portal.Done, health: portal.OnTrack, sentence: "Finished. Thank you for the courage to use less.",
				body: `
					Everything is handed over: the mark, five colours, eight pages of rules and all files. The shop is next.

					If a supplier asks something that the eight pages do not answer, send them to Mei-Ling.`},
		},
	}
}

func letoPhotos() *project {
	return &project{
		name: "Photo guide", summary: "How Leto's products are photographed: light, cloth, distance.",
		created: -120, begins: -119, due: -104, lead: jonas, shared: -119, archived: -70,
		team: []member{{ana, "Creative direction", false}},
		deliver: []deliverable{{title: "Photo guide", body: "One sheet for the photographer, one for the retoucher.", owner: ana, due: -105, rounds: 1,
			story: []turn{asks(-107, ana), approves(-105, sofia, "Good.")}}},
		updates: []update{{on: -104, status: portal.Done, health: portal.OnTrack, sentence: "The guide is in use.", body: "Both sheets are with the photographer. We look at the first pictures together and then close this."}},
	}
}

func letoFair() *project {
	return &project{
		name: "Stand for the summer fair", summary: "A stand of nine square metres that fits into one van. Offer under way.",
		created: -5, begins: 20, due: 80, lead: jonas,
		team:  []member{{ana, "Creative direction", true}},
		tasks: []task{{title: "Ask three joiners for prices", who: ana, due: 6, hidden: true}, {title: "Write the offer", who: jonas, due: 9, hidden: true}},
		updates: []update{{on: -4, hidden: true, status: portal.Planned, health: portal.OnTrack, sentence: "Sofia asked for an offer; budget about half of last year's.",
			body: "Not shared until Ana has agreed to the size of it. Reuse the frame of the 2023 stand if the joiner says it holds."}},
		status: portal.Planned,
	}
}
