package console

import (
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/console/static"
	"github.com/deskbell/deskbell/server/gate"
)

// Routes registers every page and every action.
func (c *Console) Routes(g *gate.Gate) {
	g.RefuseWith(gate.Console, c.refuse)
	open := func(pattern string, h kit.Handler) { g.Handle(gate.Open, pattern, auth.Public, c.out.Serve(h)) }
	page := func(pattern string, op auth.Operation, h kit.Handler) {
		g.Handle(gate.Console, pattern, op, c.out.Serve(h))
	}

	g.Handle(gate.Open, "GET "+static.Prefix+"{version}/{name}", auth.Public, c.static)
	g.Mount("/", c.serveNothing())

	// Coming and going.
	open("GET /sign-in", c.signInPage)
	open("POST /sign-in", c.signIn)
	open("GET /sign-in/link", c.linkPage)
	open("POST /sign-in/link", c.link)
	page("POST /sign-out", auth.AccountSelf, c.signOut)
	page("GET /account", auth.AccountSelf, c.accountPage)
	page("GET /account/password", auth.AccountSelf, c.passwordPage)
	page("POST /account/password", auth.AccountSelf, c.setPassword)
	page("POST /account/look", auth.AccountSelf, c.setLook)
	page("POST /account/sessions/end", auth.AccountSelf, c.endSessions)
	page("POST /account/tokens", auth.TokensOwn, c.makeToken)
	page("POST /account/tokens/{id}/revoke", auth.TokensOwn, c.revokeOwnToken)

	// The queue.
	page("GET /{$}", auth.TicketsList, c.queuePage)
	page("GET /queue/changes", auth.TicketsList, c.queueChanges)
	page("GET /queue/tickets.csv", auth.TicketsList, c.exportQueue)
	page("POST /queue/bulk", auth.TicketsWork, c.bulk)
	page("POST /queue/bulk/{id}/undo", auth.TicketsWork, c.undoBulk)
	page("POST /views", auth.ViewsOwn, c.keepView)
	page("POST /views/shared", auth.ViewsShared, c.shareView)
	page("POST /views/{id}/delete", auth.ViewsOwn, c.deleteView)

	page("POST /queue/next", auth.TicketsWork, c.takeNext)
	page("GET /presence", auth.TicketsList, c.present)
	page("GET /palette", auth.TicketsList, c.palette)
	page("GET /staff", auth.PeopleList, c.staffNames)
	page("GET /notices", auth.NoticesOwn, c.noticesPage)
	page("GET /notices/unread", auth.NoticesOwn, c.unreadNotices)
	page("POST /notices/read", auth.NoticesOwn, c.readNotices)
	page("POST /account/profile", auth.AccountSelf, c.setProfile)

	// A ticket.
	page("POST /tickets/{number}/presence", auth.TicketsRead, c.beat)
	page("POST /tickets/{number}/watch", auth.TicketsWork, c.watch)
	page("POST /tickets/{number}/hand-over", auth.TicketsWork, c.handOver)
	page("POST /tickets/{number}/escalate", auth.TicketsWork, c.escalate)
	page("GET /tickets/{number}", auth.TicketsRead, c.ticketPage)
	page("GET /tickets/{number}/preview", auth.TicketsRead, c.ticketPreview)
	page("GET /tickets/{number}/history", auth.TicketsRead, c.ticketHistory)
	page("GET /tickets/{number}/attachments/{sha}", auth.TicketsRead, c.attachment)
	page("GET /tickets/{number}/recordings/{sha}", auth.TicketsRead, c.recordingPage)
	page("GET /tickets/{number}/recordings/{sha}/series", auth.TicketsRead, c.recordingSeries)
	page("POST /tickets/{number}/messages", auth.TicketsWork, c.message)
	page("POST /tickets/{number}/draft", auth.TicketsWork, c.saveDraft)
	page("POST /tickets/{number}/rendered", auth.TicketsWork, c.renderDraft)
	page("POST /tickets/{number}/files", auth.TicketsWork, c.upload)
	page("GET /tickets/{number}/replies", auth.TicketsWork, c.replies)
	page("POST /tickets/{number}/held/{id}/undo", auth.TicketsWork, c.undo)
	page("POST /tickets/{number}/held/{id}/again", auth.TicketsWork, c.again)
	page("POST /tickets/{number}/take", auth.TicketsWork, c.take)
	page("POST /tickets/{number}/assign", auth.TicketsWork, c.assign)
	page("POST /tickets/{number}/priority", auth.TicketsWork, c.prioritise)
	page("POST /tickets/{number}/resume", auth.TicketsWork, c.resume)
	page("POST /tickets/{number}/close", auth.TicketsWork, c.close)
	page("POST /tickets/{number}/reopen", auth.TicketsWork, c.reopen)
	page("POST /tickets/{number}/cancel", auth.TicketsWork, c.cancel)
	page("GET /tickets/{number}/do/{what}", auth.TicketsWork, c.doPage)
	page("POST /tickets/{number}/do/{what}", auth.TicketsWork, c.do)
	page("GET /approvals", auth.ApprovalsDecide, c.approvalsPage)
	page("POST /approvals/{number}", auth.ApprovalsDecide, c.decide)

	// Articles.
	page("GET /articles", auth.KnowledgeRead, c.articlesPage)
	page("POST /articles", auth.KnowledgeWrite, c.newArticle)
	page("GET /articles/{id}", auth.KnowledgeRead, c.articlePage)
	page("GET /articles/{id}/attachments/{sha}", auth.KnowledgeRead, c.articleFile)
	page("POST /articles/{id}/rate", auth.KnowledgeRead, c.rateArticle)
	page("GET /articles/{id}/edit", auth.KnowledgeWrite, c.editPage)
	page("POST /articles/{id}/edit", auth.KnowledgeWrite, c.saveArticle)
	page("POST /articles/{id}/draft", auth.KnowledgeWrite, c.keepArticle)
	page("POST /articles/{id}/rendered", auth.KnowledgeWrite, c.renderArticle)
	page("POST /articles/{id}/files", auth.KnowledgeWrite, c.uploadFile)
	page("POST /articles/{id}/drop", auth.KnowledgeWrite, c.dropArticleDraft)
	page("POST /articles/{id}/care", auth.KnowledgeWrite, c.careForArticle)
	page("GET /articles/{id}/versions", auth.KnowledgeWrite, c.versionsPage)
	page("GET /articles/{id}/versions/{version}", auth.KnowledgeWrite, c.versionPage)
	page("POST /articles/{id}/restore", auth.KnowledgeWrite, c.restoreArticle)

	page("POST /tickets/{number}/suggestion", auth.TicketsWork, c.acceptSuggestion)
	page("POST /tickets/{number}/same-cause", auth.TicketsWork, c.sameCause)

	// Looking into a machine.
	page("POST /tickets/{number}/asks", auth.EndpointsAsk, c.askAboutTicket)
	page("POST /endpoints/{id}/asks", auth.EndpointsAsk, c.askEndpoint)
	page("POST /tickets/{number}/acts", auth.EndpointsAct, c.actForTicket)
	page("POST /endpoints/{id}/acts", auth.EndpointsAct, c.actOnEndpoint)
	page("GET /terminals/{id}", auth.EndpointsAct, c.terminalPage)
	page("GET /terminals/{id}/output", auth.EndpointsAct, c.terminalOutput)
	page("POST /terminals/{id}/input", auth.EndpointsAct, c.terminalInput)
	page("POST /terminals/{id}/end", auth.EndpointsAct, c.endTerminal)
	page("GET /asks/{id}/recording", auth.EndpointsAct, c.terminalRecording)
	page("GET /asks/{id}", auth.EndpointsAsk, c.askPage)
	page("POST /asks/{id}/cancel", auth.EndpointsAsk, c.cancelAsk)
	page("POST /asks/{id}/compare", auth.EndpointsAsk, c.compareAsk)
	page("GET /compare", auth.EndpointsAsk, c.comparePage)

	// Endpoints.
	page("GET /endpoints", auth.EndpointsList, c.endpointsPage)
	page("GET /endpoints/rows", auth.EndpointsList, c.endpointRows)
	page("GET /endpoints/{id}", auth.EndpointsRead, c.endpointPage)
	page("GET /endpoints/{id}/card", auth.EndpointsRead, c.endpointCard)
	page("GET /endpoints/{id}/series", auth.EndpointsRead, c.endpointSeries)
	page("GET /endpoints/{id}/snapshots/{snapshot}", auth.EndpointsRead, c.snapshotPage)
	page("POST /endpoints/{id}/release", auth.EndpointsKeep, c.releaseEndpoint)
	page("POST /endpoints/{id}/withdraw", auth.EndpointsKeep, c.withdrawEndpoint)

	// Whom the help desk works for.
	page("GET /people", auth.PeopleList, c.contactsPage)
	page("GET /people/import", auth.PeopleImport, c.importPage)
	page("POST /people/import", auth.PeopleImport, c.importPeople)
	page("GET /people/{id}", auth.PeopleList, c.contactPage)
	page("POST /people/{id}", auth.PeopleKeep, c.changeContact)
	page("GET /people/{id}/removal", auth.PeopleManage, c.removalPage)
	page("POST /people/{id}/removal", auth.PeopleManage, c.removeContact)

	// The figures.
	page("GET /reports", auth.ReportsRead, c.reportsPage)
	page("GET /reports/series", auth.ReportsRead, c.reportsSeries)
	page("GET /reports/figures.csv", auth.ReportsRead, c.reportsCSV)

	// The network operations center.
	page("GET /noc", auth.NOCRead, c.nocPage)
	page("GET /noc/cells", auth.NOCRead, c.nocCells)
	page("GET /noc/now", auth.NOCRead, c.nocNow)
	page("GET /noc/questions", auth.FleetAsk, c.surveysPage)
	page("POST /noc/questions", auth.FleetAsk, c.askFleet)
	page("GET /noc/questions/{id}", auth.FleetAsk, c.surveyPage)
	page("POST /noc/questions/{id}/end", auth.FleetAsk, c.endSurvey)
	page("GET /noc/questions/{id}/answers.csv", auth.FleetAsk, c.surveyCSV)

	// Administration.
	page("GET /admin", auth.PeopleList, c.adminPage)
	page("GET /admin/people", auth.PeopleList, c.peoplePage)
	page("POST /admin/people", auth.PeopleManage, c.addPerson)
	page("POST /admin/people/{id}", auth.PeopleManage, c.changePerson)
	page("POST /admin/people/{id}/link", auth.PeopleManage, c.newLink)
	page("GET /admin/enrolments", auth.Enrolments, c.enrolmentsPage)
	page("POST /admin/enrolments", auth.Enrolments, c.createEnrolment)
	page("POST /admin/enrolments/{id}/revoke", auth.Enrolments, c.revokeEnrolment)
	page("GET /admin/sites", auth.EndpointsList, c.sitesPage)
	page("POST /admin/sites", auth.SitesManage, c.addSite)
	page("GET /admin/teams", auth.RulebookRead, c.teamsPage)
	page("GET /admin/teams/{id}", auth.RulebookRead, c.teamPage)
	page("POST /admin/teams/{id}", auth.RulebookManage, c.saveTeam)
	page("POST /admin/teams/{id}/delete", auth.RulebookManage, c.deleteTeam)
	page("GET /admin/desk", auth.RulebookRead, c.deskPage)
	page("POST /admin/desk/{kind}", auth.RulebookManage, c.changeDesk)
	page("GET /admin/replies", auth.RulebookRead, c.repliesPage)
	page("POST /admin/replies/{kind}", auth.RulebookManage, c.changeReply)
	page("GET /admin/tokens", auth.TokensAll, c.tokensPage)
	page("POST /admin/tokens/{id}/revoke", auth.TokensAll, c.revokeToken)
	page("GET /admin/service-levels", auth.RulebookRead, c.calendarsPage)
	page("GET /admin/calendars/{id}", auth.RulebookManage, c.calendarPage)
	page("POST /admin/calendars/{id}", auth.RulebookManage, c.changeCalendar)
	page("GET /admin/policies/{id}", auth.RulebookManage, c.policyPage)
	page("POST /admin/policies/{id}", auth.RulebookManage, c.changePolicy)
	page("GET /admin/rules", auth.RulebookManage, c.rulesPage)
	page("GET /admin/rules/{id}", auth.RulebookManage, c.rulePage)
	page("POST /admin/rules/{id}", auth.RulebookManage, c.changeRule)
	page("POST /admin/rules/{id}/switch", auth.RulebookManage, c.switchRule)
	page("GET /admin/audit", auth.AuditRead, c.auditPage)

	page("GET /events", auth.EventsStream, c.Stream.Serve)
}
