package words

import (
	"strconv"
	"strings"
)

// A Currency is one in which prices can be given.
type Currency struct {
	Code   string // ISO 4217
	Symbol string // before an amount; the code where there is none
	Digits int    // of its smallest unit: 2 of cents
}

// Currencies lists them, the most used first.
var Currencies = []Currency{
	{"EUR", "€", 2}, {"USD", "$", 2}, {"GBP", "£", 2}, {"CHF", "", 2}, {"AED", "", 2}, {"AUD", "A$", 2}, {"BRL", "R$", 2}, {"CAD", "CA$", 2}, {"CLP", "", 0}, {"CNY", "CN¥", 2},
	{"CZK", "", 2}, {"DKK", "", 2}, {"HKD", "HK$", 2}, {"HUF", "", 2}, {"IDR", "", 2}, {"ILS", "₪", 2}, {"INR", "₹", 2}, {"ISK", "", 0}, {"JPY", "¥", 0}, {"KRW", "₩", 0},
	{"KWD", "", 3}, {"MXN", "MX$", 2}, {"MYR", "", 2}, {"NOK", "", 2}, {"NZD", "NZ$", 2}, {"PLN", "", 2}, {"RON", "", 2}, {"SEK", "", 2}, {"SGD", "S$", 2}, {"THB", "", 2},
	{"TND", "", 3}, {"TRY", "₺", 2}, {"UAH", "", 2}, {"VND", "₫", 0}, {"ZAR", "", 2},
}

// CurrencyOf is the currency with the code.
func CurrencyOf(code string) (Currency, bool) {
	for _, c := range Currencies {
		if c.Code == code {
			return c, true
		}
	}
	return Currency{Code: code, Digits: 2}, false
}

// Money says an amount, given in the smallest unit of the currency.
func (b *Book) Money(amount int64, currency string) string {
	c, _ := CurrencyOf(currency)
	symbol := c.Symbol
	if symbol == "" {
		symbol = c.Code + "\u00a0"
	}
	unit := unitsOf(c)
	text := b.Number(amount / unit)
	if c.Digits > 0 {
		part := strconv.FormatInt(amount%unit+unit, 10)[1:]
		text += b.T("number.point") + part
	}
	return b.T("number.money", "symbol", symbol, "amount", text)
}

func unitsOf(c Currency) int64 {
	unit := int64(1)
	for range c.Digits {
		unit *= 10
	}
	return unit
}

// mostMoney is more than anything costs, and far from overflowing.
const mostMoney = 1_000_000_000_000

// ReadMoney reads an amount as it is typed, "1,250.50", in the smallest unit of the
// currency. What is not an amount above nothing is refused.
func (b *Book) ReadMoney(s, currency string) (amount int64, ok bool) {
	c, known := CurrencyOf(currency)
	s = strings.ReplaceAll(strings.TrimSpace(s), b.T("number.group"), "")
	whole, part, has := strings.Cut(s, b.T("number.point"))
	if !known || has && len(part) > c.Digits || strings.ContainsFunc(whole+part, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", c.Digits-len(part)), 10, 64)
	return n, err == nil && n > 0 && n <= mostMoney
}

// PlainMoney is an amount as it is typed.
func (b *Book) PlainMoney(amount int64, currency string) string {
	if amount == 0 {
		return ""
	}
	c, _ := CurrencyOf(currency)
	unit := unitsOf(c)
	if amount%unit == 0 {
		return strconv.FormatInt(amount/unit, 10)
	}
	return strconv.FormatInt(amount/unit, 10) + b.T("number.point") + strconv.FormatInt(amount%unit+unit, 10)[1:]
}
