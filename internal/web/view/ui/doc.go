// Package ui is the kit pages are built from: two shells, a card for the pages
// in front of the door, and components. It holds no words, knows no domain
// type and decides nothing: callers pass strings from the catalogue, and leave
// out what the reader may not see.
//
// # A page
//
// A page is a templ component with one typed value, wrapped in a shell. Build
// the shell's props once per request, in one helper, and only set Title, Nav's
// Current and Crumbs in the handler:
//
//	templ Home(p HomePage) {
//		@ui.ClientShell(p.Shell) {
//			@ui.Head(ui.HeadProps{Over: ui.Link{Label: p.Client}, Title: p.Greeting, Lead: p.Lead, Greeting: true})
//			@ui.Columns(homeSide(p)) {
//				@ui.Section(ui.SectionProps{Title: p.NeedsTitle, Count: len(p.Needs)}) {
//					@ui.Needs(p.Needs)
//				}
//				@ui.Section(ui.SectionProps{Title: p.ProjectsTitle}) {
//					@ui.Grid() {
//						for _, c := range p.Cards {
//							@ui.ProjectCard(c)
//						}
//					}
//				}
//			}
//		}
//	}
//
// # Forms
//
// Every form posts and works without script. Guard asks before leaving with
// changes and lets the save bar appear only then; Dirty starts it so, after an
// error. The save bar goes inside the form, last:
//
//	@ui.Form(ui.FormProps{Action: "/clients/cli_1/access", Guard: true, Dirty: p.Failed, Wide: true}) {
//		if p.Failed {
//			@ui.Errors(p.ErrorTitle, p.Kept, []ui.Link{{Label: p.EmailError, Href: "#email"}})
//		}
//		@ui.Switch(ui.Choice{Name: "enabled", Label: p.EnableLabel, Hint: p.EnableHint, On: p.On})
//		@ui.Input(ui.Field{Name: "email", Label: p.EmailLabel, Type: "email", Value: p.Email, Error: p.EmailError, Required: true})
//		@ui.SaveBar(ui.SaveBarProps{Title: p.Unsaved, Note: p.WillMail,
//			Save:    ui.ButtonProps{Label: p.Save, Kind: ui.Primary},
//			Second:  &ui.ButtonProps{Label: p.SaveQuietly, Name: "mail", Value: "none"},
//			Discard: ui.Link{Label: p.Discard, Href: p.Here}})
//	}
//
// Something destructive is a dialog, opened by the id of it; without script the
// browser opens it as a popover:
//
//	@ui.Button(ui.ButtonProps{Label: p.Remove, Kind: ui.Danger, Open: "remove-mia"})
//	@ui.Confirm(ui.ConfirmProps{ID: "remove-mia", Title: …, Text: p.WhatIsLost, Cancel: …, Act: …, Post: …, Danger: true})
//
// Do not put a Confirm or PostButton inside another form: HTML has no nested
// forms. Inside a guarded table use ButtonProps.Attrs{"form": "id"} or set the
// dialogs after the form.
//
// # Tables and lists
//
//	@ui.Table(p.Caption, []ui.Column{{Label: p.Name}, {Label: p.State}, {Label: p.Actions, Mute: true}}) {
//		for _, u := range p.Users {
//			<tr>
//				@ui.Cell("") {
//					@ui.Lines(ui.Link{Label: u.Name, Href: u.Href}, u.Email)
//				}
//				@ui.Cell(p.State) {
//					@ui.InvitationState(u.State, u.StateWord)
//				}
//				@ui.CellActs() {
//					@ui.Menu(p.Actions, u.Menu)
//				}
//			</tr>
//		}
//	}
//
// On a phone a row becomes a card: the first cell is its title, each other cell
// carries the name given to Cell.
//
// # States
//
// Health, Status, DeliverableState, PortalState, InvitationState and MailState
// take the key of the database and the word of the catalogue, and choose colour
// and icon. Due, Turn and Audience are the other three chips. Audience and
// Legend are for team pages only: a client never sees an audience chip.
//
// # Live
//
// Page.Live is the address of an event stream with two events: "changed" lays
// the page, fetched again, over the old one (main, #rail and #top), "bye"
// reloads. While somebody types, or a menu or dialog is open, the reader gets a
// toast with a refresh button instead. Page.Visit is posted once when the page
// has been on the screen; data-visit does the same for any element.
//
// A page that is laid over another, whole or in parts, is told of by the event
// "vitrine:swapped" on the document: a script that found its elements before
// finds them anew.
//
// Page.Bundles are style sheets and scripts that only some pages load. While
// files are on their way up, links and forms are followed without leaving the
// document (static/ts/stay.ts), and the bundles of the next page are added to it.
//
// htmx is there for fragments (hx-post, hx-target). Its answers may carry a
// toast: <div hx-swap-oob="beforeend:#toasts">@ui.ToastBox(…)</div>.
//
// # What the script looks for
//
//	form[data-guard]      FormProps.Guard
//	textarea[data-draft]  Field.Draft, a key such as the project's id
//	button[data-copy]     CopyButton, CopyRow, CodeRow
//	[data-theme-choice]   on a select or radio: shows the theme at once
//	[data-submit]         on a select or checkbox: submits its form on change
//	.needs-js             is not drawn without script
//
// # Looking
//
//	go run ./tools/gallery -listen localhost:8090   every component and sample pages
//	go run ./tools/gallery -shots DIR               390, 820 and 1440 px, light and dark
//	go run ./tools/gallery -axe axe.min.js          accessibility, with npm's axe-core
//
// # Rules
//
// No style attribute, no <style>, no inline script: the content security policy
// refuses them. Trusted types are on; the script makes the policy "default"
// (Content-Security-Policy: require-trusted-types-for 'script'; trusted-types
// default). Sizes, colours and space come from static/css/tokens.css. At most
// one Primary button on a screen. New icons: copy the file from Lucide into
// static/icons, then go run ./tools/assets. After a change of a .templ run
// tools/templ.
package ui
