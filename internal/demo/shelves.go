package demo

// What is in the files of which project.

func is(s string) func() []byte { return func() []byte { return []byte(s) } }

func jpg(draw func() canvas) func() []byte { return func() []byte { return draw().jpeg() } }

func pngOf(draw func() canvas) func() []byte { return func() []byte { return draw().png() } }

func numbered(make func(int) []byte, n int) func() []byte { return func() []byte { return make(n) } }

// A shelf is the files of a project, and those of them that are named elsewhere.
type shelf struct {
	files   []*file
	folders []folder
	asked   []*request
	named   map[string]*file
}

// put gathers files by their name, to be named.
func put(files []*file, folders ...folder) shelf {
	s := shelf{files: files, folders: folders, named: map[string]*file{}}
	var gather func([]*file, []folder)
	gather = func(files []*file, folders []folder) {
		for _, x := range files {
			s.named[x.name] = x
		}
		for _, d := range folders {
			gather(d.files, d.folders)
		}
	}
	gather(files, folders)
	return s
}

// of are the files with the names.
func (s shelf) of(names ...string) (files []*file) {
	for _, n := range names {
		x := s.named[n]
		if x == nil {
			panic("demo: no file is called " + n)
		}
		files = append(files, x)
	}
	return files
}

// asking are requests that belong to a shelf.
func (s shelf) asking(all ...*request) shelf {
	s.asked = all
	return s
}

func letoSiteShelf() shelf {
	contract := &request{title: "Signed contract with the payment provider", body: "All pages as one PDF, with the annex about their test system.",
		on: -20, due: -16, who: sofia, answered: -14, accepted: -13}
	home := []string{"Woven in Guimarães since 1991.", "Stonewashed, unhurried, and meant", "to be used every single day."}
	return put(
		[]*file{
			{name: "Start here.md", on: -86, is: is(startHere), pinned: true, taken: []take{{-84, sofia}}},
			{name: "Contract with Cascais Pay, signed.pdf", on: -14, by: sofia, is: contractPaper, answers: contract, taken: []take{{-13, tomas}}},
		},
		folder{name: "Brief", on: -80, files: []*file{
			{name: "Project brief.pdf", on: -76, is: briefPaper, taken: []take{{-75, sofia}, {-74, marcus}, {-60, yuki}}},
			{name: "Interviews with customers.docx", on: -77, by: mei, is: interviews, hidden: true, shown: -74},
			{name: "Goals and figures.xlsx", on: -76, is: goals, taken: []take{{-60, yuki}}},
		}},
		folder{name: "Design", on: -58, by: priya, files: []*file{
			{name: "Page designs.pdf", on: -40, by: priya, is: numbered(designsPaper, 1), taken: []take{{-39, marcus}},
				then: []version{{on: -30, is: numbered(designsPaper, 2), note: "More cloth and less text, sold-out products with a date, the new green."}}},
			{name: "Moodboard, old.png", on: -55, by: priya, is: pngOf(func() canvas { return dyes(loud, "Sun") }), trashed: -9},
		}, folders: []folder{
			{name: "Home page", on: -50, by: priya, files: []*file{
				{name: "homepage-hero.jpg", on: -50, by: priya, is: jpg(func() canvas { return hero(0.3, woad, "Linen that stays", home...) }),
					then: []version{
						{on: -36, is: jpg(func() canvas { return hero(0.45, lichen, "Linen that stays", home[:2]...) }), note: "More cloth, and the green of the refresh."},
						{on: -30, is: jpg(func() canvas { return hero(0.58, lichen, "Linen that stays") }), note: "One line is enough. The cloth begins above the middle."},
						{on: -2, is: jpg(func() canvas { return hero(0.58, madder, "Linen for spring") }), note: "Try for the spring collection. Not agreed with Ana yet.", hidden: true},
					}, taken: []take{{-29, sofia}, {-20, camille}}},
				{name: "homepage-phone.png", on: -44, by: priya, is: pngOf(func() canvas { return phone("Linen throw", false) }),
					then: []version{{on: -30, is: pngOf(func() canvas { return phone("Linen throw", true) }), note: "With the page of a product that is sold out."}}},
			}},
			{name: "Parts", on: -40, by: priya, files: []*file{
				{name: "icons.svg", on: -40, by: priya, is: is(iconSet)},
				{name: "button-states.gif", on: -38, by: priya, is: button},
				{name: "Way through the checkout.mp4", on: -38, by: priya, is: walkthrough, taken: []take{{-31, sofia}}},
			}},
		}},
		folder{name: "Banners", on: -3, by: priya, files: []*file{
			{name: "banner-natural.jpg", on: -3, by: priya, is: jpg(func() canvas { return hero(0.5, lichen, "Natural") })},
			{name: "banner-madder.jpg", on: -3, by: priya, is: jpg(func() canvas { return hero(0.5, madder, "Madder") })},
			{name: "banner-woad.jpg", on: -3, by: priya, is: jpg(func() canvas { return hero(0.5, woad, "Woad") })},
			{name: "banner-weld.jpg", on: -3, by: priya, is: jpg(func() canvas { return hero(0.5, weld, "Weld") })},
			{name: "banner-soot.jpg", on: -3, by: priya, is: jpg(func() canvas { return hero(0.5, soot, "Soot") })},
			{name: "banner-opening.jpg", on: -3, by: priya, is: jpg(func() canvas { return hero(0.3, lichen, "We are open", "Linen that stays,", "now also by post.") })},
		}},
		folder{name: "Texts", on: -56, by: mei, files: []*file{
			{name: "Tone of voice.md", on: -55, by: mei, is: is(toneOfVoice)},
			{name: "Content plan.csv", on: -24, by: mei, is: is(contentPlan)},
			{name: "Texts of the main pages.docx", on: -40, by: mei, is: func() []byte { return mainTexts(false) },
				then: []version{{on: -33, is: func() []byte { return mainTexts(true) }, note: "As Camille shortened it."}}, taken: []take{{-32, camille}}},
		}},
		folder{name: "Build", on: -26, by: tomas, hidden: true, files: []*file{
			{name: "tokens.css", on: -24, by: tomas, is: is(tokens)},
			{name: "basket.go", on: -12, by: tomas, is: is(basketCode)},
			{name: "Deploy notes.txt", on: -3, by: tomas, is: is(deployNotes)},
			{name: "Days against the offer.xlsx", on: -16, is: estimate},
		}},
		folder{name: "Product photographs", on: -37, by: sofia, files: []*file{
			{name: "linen-throw-natural.jpg", on: -37, by: sofia, is: jpg(func() canvas { return photograph(linen, 6) }), taken: []take{{-36, priya}}},
			{name: "linen-throw-madder.jpg", on: -37, by: sofia, is: jpg(func() canvas { return photograph(madder, 5) }), taken: []take{{-36, priya}}},
			{name: "cushion-weld.jpg", on: -37, by: sofia, is: jpg(func() canvas { return photograph(weld, 3) })},
		}},
	).asking(contract, &request{title: "Photographs of the spring cushions",
		body: "The four new colours, 3000 pixels wide, on the grey cloth: as you did with the throws. They are the last pictures that the shop waits for.",
		on:   -4, due: 2, who: sofia})
}

func letoRefreshShelf() shelf {
	return put(
		[]*file{{name: "Guidelines.pdf", on: -84, by: mei, is: guidelinesPaper, pinned: true, taken: []take{{-83, sofia}, {-78, marcus}}}},
		folder{name: "Logo", on: -103, by: ana, files: []*file{
			{name: "leto-logo.png", on: -103, by: ana, is: pngOf(func() canvas { return wordmark(walnut, linen, 0) }),
				then: []version{
					{on: -98, is: pngOf(func() canvas { return wordmark(soot, linen, 8) }), note: "Darker, and more air between the letters."},
					{on: -97, is: pngOf(func() canvas { return wordmark(soot, chalk, 14) }), note: "On chalk. This is the one."},
				}, taken: []take{{-94, sofia}}},
			{name: "leto-logo-v2.png", on: -98, by: ana, is: pngOf(func() canvas { return wordmark(madder, chalk, 8) }), hidden: true},
			{name: "leto-logo.svg", on: -94, by: ana, is: is(markDrawing)},
		}},
		folder{name: "Colours", on: -103, by: ana, files: []*file{
			{name: "leto-colours.png", on: -103, by: ana, is: pngOf(func() canvas { return dyes(loud, "Sun") }),
				then: []version{{on: -97, is: pngOf(func() canvas { return dyes(weld, "Weld") }), note: "A softer yellow, from weld."}}},
		}},
		folder{name: "For printers", on: -84, by: mei, files: []*file{
			{name: "brand.zip", on: -84, by: mei, taken: []take{{-82, sofia}}, is: func() []byte {
				return archive(packed{"Leto/leto-logo.svg", []byte(markDrawing)}, packed{"Leto/leto-logo.png", wordmark(soot, chalk, 14).png()},
					packed{"Leto/Tone of voice.md", []byte(toneOfVoice)}, packed{"Leto/tokens.css", []byte(tokens)})
			}},
			{name: "Rhythm of the loom.wav", on: -90, by: mei, is: func() []byte { return wav(0, 7, 0, 7, 3, 10, 3, 10, 0, 7, 0, 12, 10, 7, 3, 0) }},
		}},
	)
}

func letoPackagingShelf() shelf {
	return put(
		[]*file{
			{name: "Box, band and label.pdf", on: -18, by: ana, is: numbered(packagingPaper, 1),
				then: []version{{on: -6, is: numbered(packagingPaper, 2), note: "The mark is a third smaller; the address is gone."}}, taken: []take{{-16, marcus}, {-4, sofia}}},
			{name: "Sizes of all spring products.xlsx", on: -33, by: sofia, is: springSizes, taken: []take{{-32, ana}}},
		},
		folder{name: "Drawings", on: -20, by: ana, files: []*file{
			{name: "box-front.png", on: -19, by: ana, is: pngOf(func() canvas { return box(190, true) }),
				then: []version{{on: -7, is: pngOf(func() canvas { return box(126, false) }), note: "Smaller mark, no address."}}},
		}},
		folder{name: "Suppliers", on: -30, by: mei, hidden: true, files: []*file{
			{name: "Prices of two printers.csv", on: -30, by: mei, is: is("Printer,1000 boxes,12000 boxes,Weeks\nTipografia do Norte,1840,14950,4\nBoxworks,1610,15700,6\n")},
		}},
	)
}

func kestrelGuideShelf() shelf {
	return put(
		[]*file{{name: "Floor plans.pdf", on: -91, by: amara, is: floorPlans, taken: []take{{-90, priya}}}},
		folder{name: "Stories", on: -75, by: mei, files: []*file{
			{name: "01 The albatross.md", on: -74, by: mei, is: is(albatross)},
			{name: "Theme of hall 1.wav", on: -30, by: mei, is: func() []byte { return wav(7, 10, 12, -1, 15, 14, 12, 10, 12, -1, 7, 5, 3, 2, 0, -1) }, taken: []take{{-24, amara}}},
		}},
		folder{name: "Map", on: -66, by: priya, files: []*file{
			{name: "Halls 1 to 4, north up.svg", on: -63, by: priya, is: is(hallMap)},
		}},
	)
}

func kestrelCampaignShelf() shelf {
	return put(
		[]*file{{name: "Departure board.gif", on: -27, by: ana, is: board, pinned: true}},
		folder{name: "Films", on: -5, by: ana, files: []*file{
			{name: "geese, six seconds.mp4", on: -4, by: ana, is: geese},
		}},
		folder{name: "Tram posters", on: -16, by: ana, files: []*file{
			{name: "tram-day.jpg", on: -15, by: ana, is: jpg(func() canvas {
				return poster(chalk, unbleach, soot, "White stork, with two hundred others", "Khartoum", "05:30")
			}), taken: []take{{-14, rosa}}},
			{name: "tram-night.jpg", on: -15, by: ana, is: jpg(func() canvas { return poster(night, dusk, amber, "Arctic tern, alone", "Weddell Sea", "05:41") }),
				then: []version{{on: -13, is: jpg(func() canvas { return poster(night, dusk, chalk, "Arctic tern, alone", "Weddell Sea", "05:41") }), note: "White instead of amber: amber belongs to the tram's lights."}}, taken: []take{{-7, amara}}},
		}},
		folder{name: "City", on: -9, hidden: true, files: []*file{
			{name: "Rebooking.txt", on: -3, is: is("Rebooking of the trams: about 1,900.\nWe carry it. Not on the invoice. (Ana agreed.)\n")},
		}},
	)
}

func odaPortfolioShelf() shelf {
	school := &request{title: "Photographs of the school in Roskilde", body: "Six to eight, by daylight. The hall of trees is the one that matters.", on: -4, due: 3, who: kenji}
	return put(
		[]*file{{name: "Site map.pdf", on: -47, by: priya, is: siteMapPaper, taken: []take{{-45, kenji}}}},
		folder{name: "Plans", on: -32, by: priya, files: []*file{
			{name: "Roskilde, ground floor.svg", on: -29, by: priya, is: is(housePlan)},
		}},
	).asking(school)
}

func voltFilmShelf() shelf {
	return put([]*file{{name: "Script.txt", on: -92, by: ana, is: is(filmScript), taken: []take{{-90, piotr}}}})
}

func marramIdentityShelf() shelf {
	return put([]*file{{name: "Letterhead.pdf", on: -7, by: mei, is: letterheadPaper, taken: []take{{-6, daniel}}}})
}

func marramLettersShelf() shelf {
	return put([]*file{{name: "Letter about fees.md", on: -24, by: mei, is: func() []byte { return []byte(feesLetter(1)) },
		then: []version{{on: -21, is: func() []byte { return []byte(feesLetter(2)) }, note: "In words that clients use."}}, taken: []take{{-19, daniel}}}})
}

func nordlichtTinsShelf() shelf {
	return put(
		[]*file{
			{name: "tin-morning.png", on: -5, by: ana, is: pngOf(func() canvas { return tin(amber, madder, walnut, "Morning", 110) })},
			{name: "tin-night.png", on: -5, by: ana, is: pngOf(func() canvas { return tin(night, dusk, soot, "Night", 120) })},
		},
		folder{name: "Sketches", on: -14, by: ana, hidden: true, files: []*file{
			{name: "tin-noon-sketch.png", on: -13, by: ana, is: pngOf(func() canvas { return tin(weld, lichen, deed, "Noon", 100) })},
		}},
	)
}
