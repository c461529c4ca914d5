package rulebook

// kinds makes an empty entry of each kind. Each has a file of its own.
var kinds = map[Kind]func() Item{
	TeamKind:     func() Item { return new(Team) },
	RuleKind:     func() Item { return new(Rule) },
	CalendarKind: func() Item { return new(Calendar) },
	PolicyKind:   func() Item { return new(Policy) },
	ReplyKind:    func() Item { return new(Reply) },
	MacroKind:    func() Item { return new(Macro) },

	CategoryKind: func() Item { return new(Category) },
	FieldKind:    func() Item { return new(Field) },
	MatrixKind:   func() Item { return new(Matrix) },
	SettingKind:  func() Item { return new(Setting) },
}
