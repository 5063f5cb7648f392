// Package view holds the pages: one templ file per concept, built from the kit
// in package ui. A page is a component with one typed value that embeds [Page].
// Pages decide nothing about permission: they show what the portal gave, and
// offer what the Held of a row allows.
package view
