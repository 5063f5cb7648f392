package demo

import "github.com/vitrine-portal/vitrine/internal/portal"

// The people at the Kestrel Museum, which shows everything that flies.
var (
	amara  = &person{"Amara Nwosu", "amara@kestrel.example", "Head of visitors", "Europe/Berlin"}
	henrik = &person{"Henrik Dahl", "henrik@kestrel.example", "Curator", "Europe/Oslo"}
	rosa   = &person{"Rosa Benítez", "rosa@kestrel.example", "Director", "Europe/Madrid"}
)

func kestrel() *client {
	campaign := kestrelCampaign()
	return &client{
		name: "Kestrel Museum", added: -116, lead: jonas, team: []*person{ana}, portalOn: -115, week: 0b0111110, // closed on Mondays
		welcome: `
			Welcome. Here you find the visitor guide, the winter exhibition and all other work for the museum. Curators:
			please comment on the words; Ana reads every line.`,
		users: []user{
			{person: amara, title: "Head of visitors", preset: portal.PresetLead, invited: -115, accepted: -115,
				visits: []day{-96, -77, -63, -50, -36, -24, -15, -9, -2}},
			{person: rosa, title: "Director", preset: portal.PresetApprover, invited: -115, accepted: -112, visits: []day{-80, -46, -18, -6}},
			{person: henrik, title: "Curator of birds", preset: portal.PresetCommenter, invited: -100, accepted: -99, visits: []day{-64, -30, -7}},
		},
		projects: []*project{kestrelLeaflet(), kestrelGuide(), kestrelSigns(), campaign},
	}
}

func kestrelGuide() *project {
	shelf := kestrelGuideShelf()
	return &project{
		name: "Visitor guide", files: shelf.files, folders: shelf.folders, talks: kestrelGuideTalks(),
		summary: "A guide for the phone, without an app to install: scan the sign, hear the story, find the way to the next hall.",
		created: -98, begins: -96, due: 34, lead: jonas, shared: -97,
		team: []member{{priya, "Interface design", false}, {tomas, "Development", false}, {mei, "Stories", false}},
		phases: []phase{
			{title: "Visits", body: "Three days in the halls, walking behind visitors with their permission.", from: -96, due: -86, reached: -86,
				tasks: []task{
					{title: "Follow twenty visitors", who: priya, due: -90, done: -90},
					{title: "Measure the network in every hall", who: tomas, due: -88, done: -88},
					{title: "Lend us the floor plans", who: amara, due: -92, done: -91}},
				deliver: []deliverable{{title: "What visitors do", body: "Six findings. The most important: people hold the phone in one hand and a child in the other.", owner: priya, due: -86, rounds: 1,
					story: []turn{asks(-88, priya), approves(-86, amara, "We have printed the six findings and hung them in the staff room.")}}}},
			{title: "Prototype", body: "Two halls, five stories, tested with real visitors.", from: -85, due: -62, reached: -61,
				tasks: []task{
					{title: "Write five stories", who: mei, due: -75, done: -74},
					{title: "Check the stories for facts", who: henrik, due: -70, done: -69},
					{title: "Build the prototype", who: tomas, due: -66, done: -65},
					{title: "Test on two Saturdays", who: priya, due: -62, done: -62}},
				deliver: []deliverable{{title: "Prototype of two halls", owner: tomas, due: -62, rounds: 2,
					body:  "Scan the sign at the albatross and follow the story from there.",
					links: []link{{"Open the prototype", "https://test.honcho.example/kestrel/guide"}},
					story: []turn{asks(-65, priya), returns(-64, amara, "The voice is wonderful. The map turns when one turns, and that makes people dizzy: please keep north up."), asks(-62, priya), approves(-61, rosa, "Approved with joy.")}}}},
			{title: "Stories and voices", body: "Forty stories, in three languages, read by people who work at the museum.", from: -60, due: -4,
				moved: []move{{-20, 0, 6, "The recordings in Norwegian need a new date; the reader was ill."}},
				tasks: []task{
					{title: "Write the other 35 stories", who: mei, due: -30, done: -28},
					{title: "Check facts, halls 1 to 4", who: henrik, due: -24, done: -22},
					{title: "Check facts, halls 5 to 9", who: henrik, added: -9, due: 3, started: -6},
					{title: "Record in German and English", who: mei, due: -12, done: -11},
					{title: "Record in Norwegian", who: mei, due: 5, started: -1},
					{title: "Choose the voice for the hall of insects", body: "Three samples, one minute each. Choose the one you would like to be told about wasps by.", who: amara, added: -3, due: 2}},
				deliver: []deliverable{
					{title: "Stories, halls 1 to 4", body: "Eighteen stories with their recordings.", owner: mei, due: -14, rounds: 2,
						story: []turn{asks(-20, mei), approves(-15, amara, "")}},
					{title: "Stories, halls 5 to 9", body: "Twenty-two stories. The recordings in Norwegian follow; the text is final from our side.", owner: mei, due: 4, rounds: 2,
						links: []link{{"Read and listen", "https://test.honcho.example/kestrel/halls-5-9"}},
						story: []turn{asks(-2, mei)}}}},
			{title: "Build", body: "All nine halls, also where there is no network.", from: -30, due: 16,
				tasks: []task{
					{title: "Keep stories on the phone for halls without network", who: tomas, due: -10, done: -8},
					{title: "Draw 46 signs with codes", who: priya, due: -3, done: -4},
					{title: "Read everything aloud for people who cannot see", who: priya, due: 8, started: -3},
					{title: "Measure battery use over two hours", who: tomas, due: 9},
					{title: "Penetration test: agree on scope", who: tomas, due: 4, hidden: true}}},
			{title: "Opening", body: "On a family Sunday.", due: 30},
		},
		updates: []update{
			{on: -86, by: priya, health: portal.OnTrack, sentence: "Three days in the halls changed our plan for the better.", body: "We wanted a map first; visitors want a story first. The prototype therefore starts with the voice, and the map comes when somebody asks for the way."},
			{on: -61, health: portal.OnTrack, sentence: "The prototype passed two Saturdays with 64 families.", body: "58 of 64 families found the second hall without asking. North stays up now, and nobody was dizzy on the second Saturday.\n\nNext: all forty stories."},
			{on: -38, by: mei, health: portal.OnTrack, sentence: "25 of 40 stories are written, 18 are checked.", body: "Henrik found four mistakes in eighteen stories and made each of them better. The story about the swift is now twice as long and half as boring."},
			{on: -20, health: portal.AtRisk, sentence: "Norwegian recordings move; the opening does not.", body: "The Norwegian reader is ill, and we would rather wait for her than replace her. German and English go on. There are ten working days of air before the opening, and this uses four."},
			{on: -1, health: portal.OnTrack, sentence: "All forty stories are written; the last 22 wait for your yes.", body: `
				The guide now works in all nine halls, also in the basement without a network.

				- **With you:** the stories of halls 5 to 9, and the voice for the insects.
				- **With us:** recordings in Norwegian (they began this week) and reading aloud for people who cannot see.

				The opening on the family Sunday stands.`},
		},
	}
}

func kestrelCampaign() *project {
	shelf := kestrelCampaignShelf()
	return &project{
		name: "Winter exhibition campaign", files: shelf.files, folders: shelf.folders,
		approvals: []*sought{
			{title: "Tram posters", on: -13, due: -10, by: ana, files: shelf.of("tram-day.jpg", "tram-night.jpg"), people: []*person{amara, rosa}, rule: portal.RuleMajority,
				said: []verdict{{on: -12, who: amara, answer: portal.AnswerApprove}, {on: -11, who: rosa, answer: portal.AnswerApprove}}},
			{title: "Film of the geese", on: -3, due: 4, by: ana, files: shelf.of("geese, six seconds.mp4"), first: jonas, people: []*person{amara}},
		},
		summary: "Posters, trams and short films for the exhibition about migration.",
		created: -40, begins: -39, due: 18, lead: jonas, shared: -39,
		set: portal.SectionTimeline | portal.FieldProgress, sections: 0,
		team: []member{{ana, "Creative direction", false}, {mei, "Words", false}},
		phases: []phase{
			{title: "Idea", from: -39, due: -26, reached: -25, deliver: []deliverable{{title: "Campaign idea", body: "Every poster is a departure board. The destinations are real; the travellers are birds.", owner: ana, due: -27, rounds: 2,
				story: []turn{asks(-31, ana), returns(-29, rosa, "Please let one bird arrive. An exhibition about leaving would be sad in winter."), asks(-27, ana), approves(-25, rosa, "Now I want to see it on a tram.")}}}},
			{title: "Posters", from: -25, due: -8, moved: []move{{-9, 0, 3, "The city wants to see the tram posters before they are printed."}},
				tasks: []task{
					{title: "Draw twelve boards", who: ana, due: -14, done: -13},
					{title: "Arrival times from the ringing station", who: henrik, due: -16, done: -16},
					{title: "Send the tram posters to the city", who: amara, added: -9, due: -7, done: -7},
					{title: "Ask the city daily", who: jonas, added: -7, due: 1, started: -6, hidden: true}},
				deliver: []deliverable{
					{title: "Tram posters", body: "Six boards, side of the tram, day and night version.", owner: ana, due: 3, rounds: 2,
						files: []attach{{-15, shelf.of("tram-day.jpg", "tram-night.jpg")}},
						story: []turn{asks(-15, ana), approves(-13, rosa, "")}},
					{title: "Films of six seconds", body: "Three boards that turn. Without sound, with sound, and with the sound of geese.", owner: ana, due: 5, rounds: 1,
						files: []attach{{-4, shelf.of("geese, six seconds.mp4")}},
						story: []turn{asks(-4, ana), returns(-3, amara, "The geese, please, everywhere. And the date must stay one second longer.")}}}},
			{title: "On the street", due: 12},
		},
		updates: []update{
			{on: -25, by: ana, health: portal.OnTrack, sentence: "The idea is approved: departures, and one arrival.", body: "Rosa's remark made it whole: the twelfth poster is an arrival. We draw all boards now."},
			{on: -9, health: portal.AtRisk, sentence: "The city asks for its own approval of the tram posters.", body: "Nobody told us that trams need the city's approval; now we know for every other campaign. Amara has sent the files. The answer usually takes five working days."},
			{on: -4, health: portal.OffTrack, sentence: "No answer from the city yet; without it the trams start a week late.",
				body: `
					The printer needs five days, so each further day moves the start of the trams.

					What we propose:

					1. Posters and films start as planned; they need no approval.
					2. Trams follow as soon as the city has answered.
					3. We use the free week on the trams' back windows, which the operator decides about alone.

					Rosa, please tell us whether we may order point 3.`},
			{on: -3, hidden: true, health: portal.OffTrack, sentence: "We carry the rebooking fee if it comes to that.", body: "About 1,900. It was our oversight that trams need an approval. Ana has agreed; do not put it on the invoice."},
		},
	}
}

func kestrelSigns() *project {
	return &project{
		name: "Wayfinding", summary: "Signs from the street to the last hall, for the time after the rebuilding of the east wing.",
		created: -82, begins: -80, due: 70, lead: jonas, shared: -81,
		team: []member{{ana, "Design", false}},
		phases: []phase{
			{title: "Concept", from: -80, due: -62, reached: -61, deliver: []deliverable{{title: "Sign concept", body: "Colour by height, not by topic: one always knows on which floor one is.", owner: ana, due: -62, rounds: 1, story: []turn{asks(-64, ana), approves(-61, rosa, "")}}}},
			{title: "Plans of the east wing", body: "They come from the architects of the rebuilding.", due: 40, waits: true}},
		updates: []update{
			{on: -61, by: ana, health: portal.OnTrack, sentence: "The concept is approved.", body: "We continue as soon as the plans of the east wing are final."},
			{on: -42, status: portal.OnHold, health: portal.Waiting, sentence: "Paused until the plans of the east wing are final.", body: "The rebuilding is being replanned, so signs would be drawn for doors that move. We stop here, keep the concept warm, and invoice nothing meanwhile. Amara tells us when the plans are there."}},
	}
}

func kestrelLeaflet() *project {
	return &project{
		name: "Membership leaflet", summary: "Eight pages that made 310 people join.",
		created: -112, begins: -111, due: -90, lead: jonas, shared: -111,
		team: []member{{mei, "Words and design", false}},
		deliver: []deliverable{{title: "Leaflet", owner: mei, due: -96, rounds: 2, body: "Folded from one sheet. The bird in the middle can be cut out.",
			story: []turn{asks(-101, mei), returns(-100, amara, "Please say the price on the first page."), asks(-98, mei), approves(-97, rosa, "")}}},
		tasks:   []task{{title: "Order 5,000 copies", who: amara, due: -92, done: -93}},
		updates: []update{{on: -90, by: mei, status: portal.Done, health: portal.OnTrack, sentence: "Printed, folded, and half of it gone.", body: "5,000 copies are with you. If you reprint, tell us first: two opening hours will change in spring."}},
	}
}
