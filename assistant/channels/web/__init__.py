"""The web chat: Chainlit inside our FastAPI, with our own accounts, history, passages and settings pages.

    root.py       Chainlit's folder in the data folder, and the environment it is imported in
    current.py    the house that the chat works for, and who sends the request
    identity.py   the session cookie
    guard.py      what may pass: origin, headers, paths
    rendering.py  text from models and documents becomes harmless Markdown
    markup.py     the Markdown and HTML that we write ourselves
    answering.py  how our own pages answer: whole, as a part, or with a refusal
    pages.py      sign-in, sign-up, passages, settings, the chat's page itself
    outside_pages.py, connection_pages.py, ledger_pages.py
                  approvals and grants; services; what left the house, the audit
    outside_markup.py
                  the HTML of these three
    inbox_pages.py, inbox_markup.py
                  the inbox, with thumbs for insights and the records that they stand on
    figure_pages.py, figure_parts.py
                  the records and the chart behind a figure; what an answer with figures shows besides its words
    uploads.py    files that are dropped into the chat
    history.py    Chainlit's data layer over our threads and messages
    open_chat.py  whose the open conversation is, and how its person is told what went wrong
    cards.py      approvals in the chat, with their buttons
    drawing.py    a run's events become messages, steps and buttons
    approving.py  what the buttons of approvals do
    chat.py       what happens on a message, a resume, a button, a stop
    mount.py      puts it all into one FastAPI

Chainlit reads its folder and its environment once, when it is first imported. `identity`, `pages`, `uploads`,
`history`, `drawing`, `chat` and `mount` import it, so they may be imported only after `root.prepare` was called.
"""
