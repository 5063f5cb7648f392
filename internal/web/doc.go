// Package web serves Vitrine's pages.
//
// Each page is a row of the route table (routes.go): a pattern, a door that
// says who may come in, and a handler that parses, calls one method of the
// portal and renders. Handlers hold no rule: who sees and may do what is the
// portal's business.
package web
