package demo

import "github.com/vitrine-portal/vitrine/internal/portal"

// The people at Oda & Lind, who build with wood.
var (
	kenji = &person{"Kenji Oda", "kenji@odalind.example", "Architect and partner", "Europe/Copenhagen"}
	freja = &person{"Freja Lind", "freja@odalind.example", "Architect and partner", "Europe/Copenhagen"}
)

func oda() *client {
	shelf := odaPortfolioShelf()
	return &client{
		name: "Oda & Lind Architects", added: -108, lead: ana, team: []*person{jonas}, portalOn: -107,
		welcome: "Kenji, Freja: everything we do for you is here, and nothing that is not ready for you.",
		users: []user{
			{person: kenji, title: "Partner", preset: portal.PresetLead, invited: -107, accepted: -107, visits: []day{-90, -66, -51, -33, -17, -6}},
			{person: freja, title: "Partner", preset: portal.PresetViewer, invited: -107, accepted: -104, visits: []day{-70, -17}},
			{person: camille, title: "Editor, freelance", preset: portal.PresetCommenter, invited: -39, accepted: -39, visits: []day{-21, -3}},
		},
		projects: []*project{
			{
				name: "Competition book", summary: "A book of 96 pages for the jury of the harbour competition.",
				created: -106, begins: -105, due: -76, lead: ana, shared: -105, archived: -58,
				team: []member{{mei, "Editing", false}},
				phases: []phase{
					{title: "Layout", from: -105, due: -90, reached: -90, deliver: []deliverable{{title: "Layout of three chapters", owner: ana, due: -91, rounds: 2, story: []turn{asks(-93, ana), approves(-91, kenji, "")}}}},
					{title: "Print", due: -78, reached: -79, deliver: []deliverable{{title: "Proof", owner: ana, due: -82, rounds: 1, story: []turn{asks(-83, ana), approves(-82, kenji, "Page 41 is upside down, on purpose. Keep it.")}}}}},
				updates: []update{
					{on: -90, health: portal.OnTrack, sentence: "Three chapters are laid out.", body: "The plans are large enough to be read without a glass now. Four chapters to go."},
					{on: -76, status: portal.Done, health: portal.OnTrack, sentence: "Forty copies are with the jury.", body: "Delivered a day early, by bicycle. Good luck!"}},
			},
			{
				name: "Portfolio site", files: shelf.files, folders: shelf.folders, requests: shelf.asked, talks: odaTalks(), summary: "Twenty houses, shown one at a time, with drawings that can be read on a phone.",
				created: -56, begins: -54, due: 10, lead: ana, shared: -55,
				team: []member{{priya, "Interface design", false}, {tomas, "Development", false}},
				phases: []phase{
					{title: "Structure", from: -54, due: -44, reached: -44, deliver: []deliverable{{title: "Site map", owner: priya, due: -45, rounds: 1, files: []attach{{-47, shelf.of("Site map.pdf")}}, story: []turn{asks(-47, priya), approves(-45, kenji, "")}}}},
					{title: "Design", from: -43, due: -26, reached: -25,
						tasks:   []task{{title: "Choose twenty houses", who: kenji, due: -38, done: -36}, {title: "Draw plans for small screens", who: priya, due: -30, done: -29}},
						deliver: []deliverable{{title: "Page of a house", owner: priya, due: -27, rounds: 2, body: "The plan stays beside the photographs and shows where one stands.", story: []turn{asks(-33, priya), returns(-31, kenji, "Please less white between the photographs. A house is one thing."), asks(-28, priya), approves(-26, kenji, "Yes.")}}}},
					{title: "Build", from: -25, due: 5,
						tasks: []task{
							{title: "Templates", who: tomas, due: -12, done: -12},
							{title: "Texts of twenty houses", who: camille, added: -11, due: 1, started: -9},
							{title: "Photographs of the school in Roskilde", who: kenji, added: -4, due: 3},
							{title: "Plans that zoom without blurring", who: tomas, due: -3, done: -2},
							{title: "Offer for the yearly care of the site", who: ana, added: -6, due: 6, hidden: true}},
						deliver: []deliverable{{title: "Site on the test address", owner: tomas, due: 5, added: -10, rounds: 1, links: []link{{"Test site", "https://test.honcho.example/odalind"}}}}},
					{title: "Opening", due: 10}},
				updates: []update{
					{on: -44, health: portal.OnTrack, sentence: "Five kinds of page, no more.", body: "The site map is approved. Everything that is not a house lives on one page called Office."},
					{on: -25, by: priya, health: portal.OnTrack, sentence: "The page of a house is approved.", body: "Photographs and plan move together now. Tomasz builds it; Camille writes."},
					{on: -10, health: portal.OnTrack, sentence: "The test site is up, with seven houses.", body: `
						You can look at it with the link below *Site on the test address*. Seven of twenty houses have their texts.

						- Missing photographs: only the school in Roskilde.
						- The plans still blur when one zooms in far; that is next.`},
					{on: -2, by: tomas, health: portal.OnTrack, sentence: "Plans stay sharp now, at any size.", body: "Zoom in as far as you like: you can read the door numbers. Fourteen of twenty texts are in. If the photographs from Roskilde come this week, we open on the day we said."}},
			},
			{
				name: "Studio signage", summary: "A sign for the new studio: one plank, two names.",
				created: -7, begins: 8, due: 30, lead: ana, shared: -6, status: portal.Planned,
				team:   []member{{mei, "Materials", false}},
				phases: []phase{{title: "Sketches", from: 8, due: 16}, {title: "The plank is up", due: 30}},
			},
		},
	}
}
