# ruff: noqa: E501, SIM905 - a list of words reads best as text
"""Words around names: particles, words that are no names, names that are words as well."""

PARTICLES = frozenset(
    """
    van von der den de del della di da dos das du la le bin ibn al el ter ten zu y e i
    """.split()
)
"""Small words inside names."""
NOT_NAMES = frozenset(
    """
    there all team everyone everybody anyone folks guys sir sirs madam madame ma'am customer
    customers client guest member user users friend friends support service services help helpdesk
    desk agent assistant bot ai chatbot admin administrator manager management staff hr it colleague
    colleagues hiring recruiter valued again today tomorrow yesterday monday tuesday wednesday
    thursday friday saturday sunday january february march april june july august september october
    november december i i'm i'd i'll i've we you he she it they the a an and or but so if in on at
    for to of from with by as is are was were be been am do does did can could will would shall
    should may might must please thanks thank sorry yes no ok okay sure great good fine nice well
    not now how what when where which who why this that these those my your our his her their its
    any some good morning afternoon evening night day welcome hello hi hey dear best regards kind
    warm sincerely yours cheers looking let lets here your mr mrs ms miss dr prof sir herr frau
    monsieur mademoiselle señor señora signor signora damen herren unknown none null anonymous test
    me name names first last full claude chatgpt gpt gemini siri alexa google openai anthropic
    microsoft apple amazon facebook netflix english german french spanish italian american british
    chinese japanese indian canadian python java javascript happy interested looking trying having
    getting going using calling writing contacting afraid unable glad pleased excited available
    currently ready certain aware curious wondering experiencing working just also still really very
    always never santa god lord jesus world mom dad mum grandma grandpa buddy mate love honey
    darling everyone's alle zusammen team kunde kundin tous toutes todos todas tutti allemaal order
    payment account number booking reservation flight hotel refund delivery shipping product item
    issue problem question request information details policy date time company sales marketing
    engineering department security billing finance legal
    """.split()
)
"""Words that stand capitalised where names stand and are none."""
COMMON = frozenset(
    """
    will mark grace may rose hope summer price long young green brown white black king page field
    best way art bill rich frank jean jack drew chase grant faith joy dawn april june august summer
    autumn olive ruby pearl amber iris ivy lily violet daisy penny sandy rusty dusty miles stone
    wood woods hill banks brook brooks rivers lake ford park parks street lane north south west east
    church bishop pope knight prince duke earl baker butcher carter cook farmer fisher gardener
    hunter mason miller potter shepherd smith taylor weaver day night love gold silver rock sky bell
    bush case cash chance christian dean dale glen guy jay kit lance max melody mercy miles morgan
    nick norm pat patience ray reed rob sage sue terry tony trip victor wade ward wells winter wolf
    little short small wise swift sharp bond cross hall bar strong rice pool stock fields bean berry
    cherry major minor post pound power noble moody sweet savage rich poor close early late free
    fox bird cruz paris london sydney austin dallas houston jordan israel china india chad georgia
    virginia carolina dakota madison lincoln washington jackson franklin cheng an so do van bo li
    """.split()
)
"""Names that are words, places and titles as well: alone they are not looked for in the rest of a conversation."""
