package demo

import "github.com/vitrine-portal/vitrine/internal/portal"

// People at Volt Bicycles and at Marram Law.
var (
	piotr  = &person{"Piotr Nowak", "piotr@volt.example", "Head of brand", "Europe/Warsaw"}
	aisha  = &person{"Aisha Rahman", "aisha@volt.example", "Dealer support", "Europe/London"}
	grace  = &person{"Grace Whitlock", "grace@marram.example", "Managing partner", "Europe/London"}
	daniel = &person{"Daniel Osei", "daniel@marram.example", "Practice manager", "Europe/London"}
)

// Volt Bicycles was active until its restructuring; its portal is paused.
func volt() *client {
	film := voltFilmShelf()
	return &client{
		name: "Volt Bicycles", added: -102, lead: jonas, team: []*person{ana}, portalOn: -101, portalOff: -16,
		welcome: "Hello Volt. The film, and everything about the dealer portal.",
		users: []user{
			{person: piotr, title: "Head of brand", preset: portal.PresetLead, invited: -101, accepted: -101, visits: []day{-84, -60, -44, -22}},
			{person: aisha, title: "Dealer support", preset: portal.PresetContributor, invited: -70, accepted: -69, suspend: -30, visits: []day{-52}},
		},
		projects: []*project{
			{
				name: "Launch film", files: film.files, folders: film.folders, summary: "Forty seconds about a bicycle that folds in ten.",
				created: -100, begins: -99, due: -60, lead: jonas, shared: -100,
				team: []member{{ana, "Direction", false}},
				phases: []phase{
					{title: "Script", from: -99, due: -90, reached: -89, deliver: []deliverable{{title: "Script", owner: ana, due: -90, rounds: 2, files: []attach{{-92, film.of("Script.txt")}}, story: []turn{asks(-92, ana), approves(-89, piotr, "Do not change the ending.")}}}},
					{title: "Shooting", body: "Two mornings on the bridge.", from: -82, due: -80, reached: -80},
					{title: "Cut", due: -64, reached: -63, deliver: []deliverable{{title: "Final cut", owner: ana, due: -64, rounds: 2, story: []turn{asks(-69, ana), returns(-67, piotr, "Five frames longer on the hinge."), asks(-65, ana), approves(-63, piotr, "")}}}}},
				updates: []update{
					{on: -80, by: ana, health: portal.OnTrack, sentence: "Two mornings, no rain, one curious dog.", body: "We have everything, and the dog is in."},
					{on: -60, status: portal.Done, health: portal.OnTrack, sentence: "The film is out.", body: "All versions are delivered. Thank you for the trust on the bridge."}},
			},
			{
				name: "Dealer portal", summary: "Orders, spare parts and repair manuals for 300 dealers.",
				created: -72, begins: -70, due: 60, lead: jonas, shared: -71,
				team: []member{{priya, "Interface design", false}, {tomas, "Development", false}},
				phases: []phase{
					{title: "Interviews with dealers", from: -70, due: -52, reached: -50,
						tasks: []task{{title: "Name ten dealers", who: piotr, due: -66, done: -65}, {title: "Ten conversations", who: priya, due: -53, done: -51}}},
					{title: "Concept", from: -49, due: -30, moved: []move{{-18, 0, 30, "Paused until the new management decides."}}, deliver: []deliverable{{title: "Concept", owner: priya, due: -30, rounds: 2, story: []turn{asks(-34, priya)}}}},
					{title: "Build", from: 35, due: 60}},
				updates: []update{
					{on: -50, by: priya, health: portal.OnTrack, sentence: "Dealers want one thing: to know when the part arrives.", body: "Ten conversations, one answer. The concept puts the date of arrival on every page."},
					{on: -24, health: portal.Waiting, sentence: "The concept waits for your decision.", body: "We understand that you are reorganising and decisions take longer. Tomasz is free for two more weeks; after that we plan him elsewhere and start again when you are ready."},
					{on: -18, status: portal.OnHold, health: portal.Waiting, sentence: "Paused, as agreed with Piotr.", body: "We pause until the new management is there. All material stays as it is."},
					{on: -17, hidden: true, status: portal.OnHold, health: portal.OffTrack, sentence: "Two invoices open; portal goes off until they are paid.", body: "Agreed with Ana: we pause access, delete nothing, and switch it on again with the payment. Aisha has left the company and was suspended before."}},
			},
		},
	}
}

// Nordlicht Tea has its portal ready, and nobody invited yet.
func nordlicht() *client {
	shelf := nordlichtTinsShelf()
	return &client{
		name: "Nordlicht Tea", added: -28, lead: jonas, team: []*person{ana}, portalOn: -6,
		welcome: "Moin! Here you follow your tins from the first sketch to the shelf.",
		projects: []*project{
			{
				name: "Tea tin series", files: shelf.files, folders: shelf.folders, summary: "Six tins that stand well together and better alone.",
				created: -26, begins: -25, due: 25, lead: jonas, shared: -6,
				team: []member{{ana, "Illustration", false}, {mei, "Packaging", false}},
				phases: []phase{
					{title: "Sketches", from: -25, due: -12, added: -25, reached: -11, tasks: []task{{title: "Twelve sketches", who: ana, due: -14, done: -13}}},
					{title: "Six tins", from: -10, due: 8, added: -25,
						tasks: []task{{title: "Draw the night tin", who: ana, due: -2, done: -2}, {title: "Prices for embossing", who: mei, due: 3, hidden: true}},
						deliver: []deliverable{{title: "First three tins", owner: ana, due: 3, rounds: 2, added: -5, body: "Morning, noon and night. The lids fit each other.",
							files: []attach{{-5, shelf.of("tin-morning.png", "tin-night.png")}}},
							{title: "Other three tins", owner: ana, due: 8, added: -5, hidden: true}}}},
				updates: []update{{on: -5, health: portal.OnTrack, sentence: "The first three tins are drawn.", body: "Morning, noon and night stand. We show them as soon as you are in the portal; the others follow next week."}},
			},
			{
				name: "Web shop", summary: "A small shop for subscriptions. Begins when the tins are printed.",
				created: -9, begins: 27, due: 75, lead: jonas, status: portal.Planned,
				team: []member{{tomas, "Development", false}},
			},
		},
	}
}

// Marram Law wants figures and names kept apart from the work.
func marram() *client {
	identity, letters := marramIdentityShelf(), marramLettersShelf()
	return &client{
		name: "Marram Law", added: -62, lead: ana, team: []*person{jonas}, portalOn: -61,
		welcome: "Welcome. As agreed, this portal shows results and dates, and no inner workings.",
		set:     portal.SectionTasks | portal.FieldProgress | portal.FieldTeamEmails, sections: portal.FieldTeamEmails,
		users: []user{
			{person: daniel, title: "Practice manager", preset: portal.PresetLead, invited: -61, accepted: -61, visits: []day{-48, -30, -19, -7}},
			{person: grace, title: "Managing partner", preset: portal.PresetApprover, invited: -61, accepted: -57, visits: []day{-40, -13}},
		},
		projects: []*project{
			{
				name: "Firm identity", files: identity.files, folders: identity.folders, summary: "A name in good letters, a colour one can trust, and stationery that prints on any machine.",
				created: -60, begins: -58, due: 14, lead: ana, shared: -59,
				team: []member{{mei, "Strategy", false}},
				phases: []phase{
					{title: "Positioning", from: -58, due: -44, reached: -43, deliver: []deliverable{{title: "Positioning", owner: mei, due: -45, rounds: 1, story: []turn{asks(-47, mei), approves(-43, grace, "Agreed, with thanks.")}}}},
					{title: "Identity", from: -42, due: -14, reached: -12, deliver: []deliverable{{title: "Letters and colour", owner: ana, due: -16, rounds: 3, body: "Letters from the deeds of 1911; a green that survives the copier.", story: []turn{asks(-26, ana), returns(-22, grace, "Too elegant. We would like to look as if we answer the telephone."), asks(-18, ana), approves(-13, grace, "That is us.")}}}},
					{title: "Stationery", from: -11, due: 9,
						tasks: []task{{title: "Letter templates for two word processors", who: mei, due: 5, started: -4}, {title: "Third round was not in the offer", body: "Grace asked for it kindly; we give it. No fourth.", who: ana, added: -18, due: -12, done: -12, hidden: true}},
						deliver: []deliverable{{title: "Letterhead and cards", owner: mei, due: 4, rounds: 2, body: "Please print the letterhead on your own machine before you decide.",
							files: []attach{{-6, identity.of("Letterhead.pdf")}}, story: []turn{asks(-6, mei)}}}}},
				updates: []update{
					{on: -43, by: mei, health: portal.OnTrack, sentence: "We know what the firm stands for.", body: "Three words came up in every conversation: reachable, plain, thorough. We design for those."},
					{on: -12, health: portal.OnTrack, sentence: "Letters and colour are settled.", body: "The third round found it. Stationery is next; it is smaller than it sounds and takes three weeks."},
					{on: -5, health: portal.Waiting, sentence: "Letterhead and cards wait for your test print.", body: "Please print them on your own machine, ideally the oldest one in the house. With your decision by the end of next week the new paper is there when the old one ends."}},
			},
			{
				name: "Letters to clients", files: letters.files, folders: letters.folders, summary: "Twelve standard letters, rewritten so that clients understand them the first time.",
				created: -34, begins: -32, due: 20, lead: ana, shared: -33,
				team: []member{{mei, "Writing", false}},
				phases: []phase{
					{title: "First four letters", from: -32, due: -18, reached: -15, deliver: []deliverable{{title: "Four letters", owner: mei, due: -18, rounds: 2, files: []attach{{-21, letters.of("Letter about fees.md")}}, story: []turn{asks(-21, mei), approves(-15, daniel, "My mother understood the one about fees.")}}}},
					{title: "Other eight letters", from: -14, due: 6, deliver: []deliverable{{title: "Eight letters", owner: mei, due: 6, rounds: 2, hidden: true}}}},
				updates: []update{
					{on: -15, by: mei, health: portal.OnTrack, sentence: "The first four letters are in use.", body: "They are a third shorter and get fewer questions, says the front desk."},
					{on: -4, by: mei, health: portal.AtRisk, sentence: "Letters 9 to 12 depend on the new fee rules.", body: "The rules are decided next month. We finish letters 5 to 8 as planned and leave gaps in the others, so that only figures are missing afterwards."}},
			},
		},
	}
}
