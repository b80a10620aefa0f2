# ruff: noqa: E501, SIM905 - a list of words reads best as text
"""Given names, by which a name is known where its company says nothing.

Frequent ones of many languages in Latin letters, without accents, written down for this purpose. Left out: names that are
as often a word, a place, a brand or a month (`Will`, `Florence`, `Mercedes`, `June`).
"""

import unicodedata


def is_given(word: str) -> bool:
    """Is it a given name, whatever its case and accents?"""
    small = word.lower()
    if small.isascii():
        return small in GIVEN
    return (
        "".join(sign for sign in unicodedata.normalize("NFKD", small) if not unicodedata.combining(sign))
        in GIVEN
    )


GIVEN = frozenset(
    """
    aarav aaron aart aarti abbas abby abdallah abdel abdelaziz abdul abdulaziz abdullah abdulrahman abeer abelardo abena abhay abhijit
    abhinav abhishek abigail abimbola abiodun achilleas adaeze adalbert adam adaobi adebayo adebola adel adele adeline adeola aderonke
    adil adina aditi aditya adnan adrian adriana adriano adrienne adwoa afolabi afonso agata agathe agathi agnes agneta agnieszka
    agoston agung agus agustin ahlam ahmad ahmed ahmet aidan aileen aino aisha ajay ajit akanksha akash akhil akiko akira akosua akram
    akshay akua alaa alain alan alana alban albert alberta alberto albrecht alec alejandra alejandro aleksander aleksandr aleksandra
    alena ales alessandra alessandro alessia alex alexander alexandra alexandros alexandru alexei alexey alexis alfons alfonso alfred
    alfredo ali alice alicia alina aliona aliou alison alla allan allison alojz alok alonso alvaro alyssa amadou amal aman amanda
    amandine amani amar amara amelia amelie amichai amina aminata amir amira amirhossein amit amita amitabh amjad ammar amnon amol
    amrita amy ana anabela anais anand ananya anas anastasia anastasija anastasios anatoly anca anders andi andras andre andrea andreas
    andreea andrei andrej andres andrew andrey andriy andrzej andy aneesh anette anezka angela angeliki angelo angie anh anika aniko
    anil anirudh anisa anish anita anja anjali anju anke ankit ankita ankur ann anna annalisa anne annegret anneke anneli annelie
    annelies annette annie annika anouk anshul anthony antje antoine anton antonella antonia antonin antonio antonios antti anuj anupam
    anuradha anurag anusha anwar aparna apostolos araceli arash archana archie arda ardeshir ariana arie arief ariel arik arjan arjun
    arkady arlene armando armin arnaud arnav arne arnold aron arpit artem arthur arti artur arturo arun aruna arvid arvind asaf asbjorn
    asha ashish ashlee ashley ashok ashwin aslak asma aspasia astri astrid asuka athanasia athanasios atsushi attila atul audrey aurelie
    aurelio aurora aurore avi avigail avinash avital aviv avner avraham axel aya ayaka ayelet ayesha aylin ayman ayodele ayoola ayoub
    ayse aysel aysun ayu ayumi ayush azadeh aziz babajide babak babatunde babita bahar bahram balaji balazs balint bambang bamidele bao
    baptiste barak barbara barbora baris barnabas barry bart bartek bartlomiej bartosz bas basak basma bassam bastian bastien beata
    beatrice beatriz becky behnam behrouz bela belinda bence benedek bengt benito benjamin benoit berit berk berna bernadette bernard
    bernardo bernd bernhard bernice bertha bertrand bessie beth bethany betsy bettina betty beverly bharat bharti bhaskar bhavana
    bhavesh bhavya bhupinder bhuvana bijan bilal billy bindu binh birgit birgitta birgitte birk bjarne bjoern bjorn blake blanca boaz
    bob bobby bogdan boglarka bogumil boguslaw bohdan bohumil bonnie bora borek boris borislav bozena brad bradley bram brandon
    branislav branko brenda brendan brent brett brian brianna bridget brigitta brigitte britney britt britta brittany bronislaw bruce
    bruno bryan bryce brynhild budi bukola bulent burak burcu burkhard busra byung-ho caetano caio caitlin caleb calvin cameron camila
    camilla camille canan candice carina carl carla carlo carlos carlton carmelo carmen carol carole caroline carolyn carrie carroll
    carsten casey cassandra cassie catalin catalina catarina caterina catherine cathy cecil cecilia cecilio cees celine cem cemal cemile
    ceren cesar cetin cezary chaim chana chandan chandra chandrika chantal charalampos charlene charles charlie charlotte chau chaya
    chelsea cheryl chetan chiara chidi chidinma chika chike chimamanda chinedu chinonso chinwe chioma chirag chitra chiyo chloe chris
    christa christelle christer christina christine christoph christophe christopher christos christy chukwuemeka chunhua cihan cindy
    cinzia ciprian citra claire clara clarence claudia claudio claudiu claus clayton clemence clement clifford clint clinton cody coen
    colette colin colleen concetta connie connor conor constantin corentin corey corina corinne cornelia cosmin costel courtney craig
    cristian cristiano cristina cristobal csaba csilla cuong curtis cynthia cyril czeslaw daan dafna dagmar daichi daiki daisuke dalal
    dalia dalibor damian damiano damien damir damon dan dana danica daniel daniela daniele danielle danijel danilo danny danuta darina
    dario dariusz darko darlene darrell darren darryl darshan darya daryoush dave davi david davide dawson deanna debbie deborah debra
    declan dedi deepa deepak deepika deepti deirdre dejan delores delphine denes denis denise deniz dennis derek derrick derya desislava
    desmond despina detlef devendra devika dewi dezso dhananjay dharmendra dhruv dian diana diane dianne didier diego dieter dietmar
    dietrich dilek dilip dimitar dimitra dimitri dimitrios dimitris dina dinesh dipak dipti dirk dirk-jan divya diya dmitri dmitry
    dmytro dobromir doerte doina dolores domenico dominic dominik dominique donald donatella dong-hyun donna dora doreen doris doron
    dorota dorothea dorothy doug douglas dov dragan dragos drahomira duane duarte duc duncan duong durga dusan dusana dustin dvora
    dwayne dwi dwight dylan ebele ebere eberhard ebru ece eckhard eddie edeltraud edgar edina edith edmund edna edoardo edouard edson
    eduardo edward edwin edyta eero efrat efthymia efua ehud eiji eiko eileen einar einat eino eirini eitan eka ekkehard ekow elad
    elaine elazar eleanor eleftherios elena eleni elfriede elham eli eliezer elijah elin elisa elisabetta elisavet elise eliska eliyahu
    elizabeth elke ellen elliot elliott elmar elodie elsa elsie elzbieta emanuela emanuele emeka emel emiko emil emile emilia emiliano
    emilie emilio emily emine emma emmanuel emmanuelle emmett emrah emre endang eniko enrico enrique enzo ercan erdem erdogan erez erhan
    eric erica erich erik erika erin erkan erkki erling ernest ernesto ernie ernst erol erwin erzsebet eshe esi eskil esko esmee espen
    esra esteban estefania estelle esther esti eszter ethan ethel etienne ettore eugen eugene eugenia eugenio eun-ji eun-jung eunice eva
    evan evangelia evangelos evelyn evgeni evgenia evgeny ewa ewelina eyal fabian fabiana fabienne fabio fabrice fabrizio fadi fadime
    fahad faisal fajar fanny farah farhad fariba farid farida faris farouk farshad fatema fathi fatih fatima fatimah fatma fatou
    fatoumata fawzi federica federico felicia felipe felix femi femke ferdinand ferenc fereshteh ferhat feride fernanda fernando feyza
    figen filip filipa filipe filippo filiz fiona fitri flavia flavio fleur florencia florent florian florin floris floyd folake fotini
    frances francesca francesco francine francis francisca francisco franck franco francois francoise frankie franz franziska frauke
    fred freddie frederic frederick freja frida frieda friedhelm friedrich frits fritz frode fruzsina fuad fumiko fumio funda funmilayo
    gabor gabriel gabriela gabriele gabrielle gaetano gail galina gamze ganesh gareth garry gary gaurav gauri gautam gavin gayatri geert
    geeta genevieve gennady gennaro geoff geoffrey george georgi georgina georgios gerald geraldine gerard gerardo gerd gerda gergely
    gergo gerhard gerrit gertrud gertrude geza ghada ghassan ghazaleh gheorghe ghislaine giacomo giang gianluca gianni giannis gideon
    gijs gil gilad gilbert gilberto gilles gillian gilson gina gino giorgia giorgio giorgos giovanna giovanni girish gisela giselle gita
    gitte giulia giulio giuseppe gizella gizem gladys glenda glenn gloria gokhan golnaz gonca gonzalo gopal goran gorazd gordon goro
    gosta gottfried govind graciela graham grazia grazyna greg greger gregoire gregory greta grigory grzegorz gudmund gudrun guenter
    guenther guillaume guillermo guiying gulsen gunilla gunnar gunther guoqiang gurpreet gustaf gustav gustavo gwen gwendolyn gyorgy
    gyula haakon habib habiba hadas hadassah hadeel hadi hae-won hagit haifa haitham haiyan hajar hajnalka hakan hala halil halima
    halina halvor hamad hamid hamidreza hamza hana hanan hande hanh hani hanka hanna hannah hanne hannelore hanoch hans hans-peter
    haoran harald hardik haresh hari harini haris harish harjit harold harpreet harri harriet harry harsha harshita hartmut haruka
    haruki haruko harun haruto harvey hasan hasna hassan hatem hatice hayat heba hector hedwig hee-jin heidi heike heikki heiko heiner
    heinrich heinz heitor helen helena helene helga helge helle helmut hema hemant hemanth hendra hendrik henk henning henrietta henrik
    henry herbert herman hermann hernan heru herve hideaki hideki hideo hieu hikaru hilary hilde hildegard hina hinata hiro hiroaki
    hiroki hiroko hiromi hiroshi hiroto hiroyuki hisako hisashi hisham hitesh hitomi hitoshi hjalmar hoa hoai hoang holger hongmei
    horacio horst hossein howard hristo hubert huda hugh hugo hugues huong husam huseyin hussein huy huyen hye-jin hynek hyun-jung hyun-
    woo iago ian ibrahim ibrahima ibtisam ichiro ida ido ifeanyi ifeoma ignacio igor ihor iiris ijeoma ikechukwu ilan ilana ilaria
    ildiko ilhan ilia ilka ilker ilona ilse ilya imad iman imogen imran imre inbal indira indra indu ines inez ineza inga inge ingeborg
    inger ingo ingrid ingunn ingvar inna ioana ioanna ioannis ion ionel ionut irem irena irene irina irit irma irmgard irving iryna
    isaac isabel isabella isabelle isamu isha ishaan ishita isidro isla ismael ismail issa istvan itai itamar itzhak iulia iulian ivan
    ivana ivanka ivar iveta ivo iwan iwona jaakko jaap jaber jacek jackie jacob jacoba jacopo jacqueline jacquelyn jacques jadwiga jae-
    hyun jafar jagdish jai jaime jake jakob jakub jalal jamal james jamie jamila jan jana jane janet janez janice janina janine janneke
    janos janusz jared jari jarl jarmila jaromir jaroslav jaroslaw jasmine jason jasper jaspreet jassim jatin javad javier jaya jayanth
    jayashree jayesh jean-luc jean-pierre jeanette jeanne jeff jeffery jeffrey jelena jelle jenna jennie jennifer jenny jeno jens jeremy
    jermaine jeroen jerome jerry jerzy jesper jesse jessica jessie ji-eun ji-hoon ji-hye ji-min ji-won ji-woo ji-young jianguo jianhua
    jiayi jill jillian jim jimena jimmie jimmy jin-ho jindrich jingyi jiri jiro jitendra joachim joakim joan joana joann joanna joanne
    joao joaquin jocelyn jochen jodi jodie jody joe joel joelle joep joerg joey johan johann johanna johannes john johnnie johnny joko
    jolana jolanta jon jonah jonas jonathan joon-ho joost jorge jorgen joris jorunn jos jose josefina joseph josephine josh joshua jouni
    joyce jozef jozefa jozsef juan juana juanita judit judith judy juergen juha juhani jukka julia julian juliana julie julien juliet
    julieta juliette julija julio julius jun jun-seo jung-ho junichi junjie junko jurij jurre jussara jussi justin justine justyna jutta
    jyothi jyoti kaan kaarina kacper kadir kai kailash kaisa kaitlyn kaito kajal kalle kalliopi kalman kalpana kalyan kalyani kamal
    kamala kamalesh kamil kamila kamini kamran kana kanchan kaori kaoru kapil kara karan karel karen kari karim karima karin karine karl
    karl-heinz karla karola karoliina karolina karoly karsten karthik karthika kartik kartika katalin katarina katarzyna kate katelyn
    katerina katharina katherine kathleen kathrin kathryn kathy katie katja katrin katrina katsuo kaushik kaveh kavita kavitha kavya
    kayla kazimierz kazuhiro kazuki kazuko kazuo kazuya keerthi kees kehinde keijo keiko keisuke keith kelechi kelley kelli kellie kelly
    kelsey kemal ken kendra kenichi kenji kenneth kenny kenta kentaro kerem keren kerry kerstin kerttu ketan kevin keyvan khadija
    khadijah khaled khalid khalil khanh kieran kim kimberly kinga kiran kirill kirk kirsi kirsten kishore kiyoshi kjell kjersti klara
    klaudia klaus knut koen kofi koichi koji kojo komal konrad konstantin konstantina konstantinos kostas kota krishna krishnan kristen
    kristi kristian kristin kristina kristine kristoffer kristy kriszta krisztian krisztina kriti krystal krystyna krzysztof ksenia
    kuldeep kumar kumari kumiko kunal kurt kvetoslava kwabena kwadwo kwaku kwame kwasi kyle kyoko kyriakos kyung-soo ladan ladislav
    laetitia lajos lakshman lakshmi laleh lalit lalita lamia lana lanying larisa larissa larry lars lasse laszlo lata latifa latoya
    laura laureano lauren laurence laurent laurentiu lauri laurie lavanya lawrence laxmi layla lea leah leandro leanne lech lee leela
    leena lefteris leif leigh leila lena lene lenka lennart leo leon leonard leonardo leonie lerato leroy leslie lestari lester leszek
    leticia letizia levent levente lewis leyla liam liat libor lidia lidija lidiya lieke lien lieselotte lihua liisa lijuan liliana
    lilla lillian lillie limor lina linda lindiwe lindsay lindsey lingling linh linnea linus lior liora lisa lisbeth livia liviu lloyd
    logan loic lois lokesh lola lora lorant loredana lorena lorenza lorenzo loretta lori lorraine lothar lotte louis louisa louise luana
    lubna lubomir luc luca lucas lucia luciana luciano lucie lucien lucille lucio lucjan lucy lucyna ludger ludmila ludovic ludvik
    ludwig luigi luis luisa luiz lukas lukasz luke luminita lupe lutz lydia lyle lynda lynette lynn lynne lyudmila maaike maarit maarten
    maayan mabel maciej mackenzie madalina maddalena maddie madeleine madeline madhav madhavi madhu madhuri mael maelle magda magdalena
    maggie magnus maha mahdi mahendra mahesh mahin mahmoud mahsa mahtab mai maik maja majid makoto mala malak malathi malgorzata malik
    malin malini mamadou mamoru mamta manabu manal manasa manav mandeep mandla mandy manfred manish manisha manju manjula manjunath
    manoj manolis manon mansi mansour manuel manuela manuele mao marc marcel marcela marcello marcelo marcia marcin marco marcos marcus
    mareike marek maren margaret margarete margaux margery margherita margie margit margrethe marguerite maria mariama marian mariana
    mariangela marianne mariano maricela marie marieke marijke mariko marilyn marina mario marion marisol marissa marit marius mariusz
    mariya marjatta marjolein marjorie markella marketa markku marko markus marleen marlene marlies marloes marsha marshall marta martha
    martijn martin martina martine marton martyna marvin marwa marwan mary maryam maryann marzena masaaki masahiro masaki masako masao
    masaru masashi masato masayuki massimo matej mateo mateus mateusz matheus mathias mathieu mathilde matias matilda matt matteo
    matthew matthias matti matyas maureen maurice mauricio maurizio maxime maximilian maxine mayumi mazen maziar meena meenakshi meera
    mees megan megawati megha meghan meghana megumi mehdi mehmet mehrdad meiling meir meirav melanie melek melinda melis melissa meltem
    melvin menachem mengyao menno meredith merel merete mert meryem metin mette mi-sook michael michaela michal michalis micheal michele
    michelle michiko midori mieczyslaw mieke mieko mieszko miguel mihaela mihai mihail mihaly mika mikael mike mikhail miki mikkel mikko
    miklos mikolaj milada milan mildred milena milica milind milos miloslav milton min-ji min-jun min-seo mina minato mindy minghua minh
    minna minnie minoru miranda mircea mireille mirella miri miriam mirjam mirka mirko miroslav miroslava miroslaw mitchell mitra
    mitsuko mitsuru miyuki mladen modou mohamad mohamed mohammad mohammed mohan mohini mohit mohsen moira moises molly momoko mona monia
    monica monika monique mordechai moritz morris morten morteza moshe motoko mounir mousa moussa mpho mubarak muhammad mukesh mukhtar
    mukul munir murali murat muriel murugan mustafa mustapha mylene myra myrtle naama nabil nada nadav nadeem nadege nader nadezhda
    nadia nadine nadja nagaraj nagesh nahla naima naina najib najwa naledi namrata nana nancy nanda nandini nandor naoki naoko naomi
    naoto narayan narendra naresh narges nasir nasrin nasser natalia natalie natalija nataliya natasa natasha nathalie nathan nathaniel
    natsuki natsumi naveen navid navya nawal nayef nazan nazli nebojsa necla neelam neeraj neeta neha neil nektarios nellie nelson nenad
    nermin neta netanel nevena nga ngan ngoc ngozi nguyen nhu nhung nia niall nicholas nicola nicolae nicolas nicole nicoletta nicolo
    nidhi niek niels nienke nigel nihat niilo nikhil nikita niklas nikola nikolai nikolaos nikolay nikoletta nikolina nikos nilesh
    niloofar niloufar nils nilufer nima nimisha nina nir niraj niranjan nirmala nisha nishant nissim nita nitesh nithya nitin nitish
    nkechi nkem nnamdi noah noam noboru nobuko nobuo nobuyuki noel noelia noemi noemie noga nomvula noortje nora norbert norberto noreen
    noriko norma norman nour noura nthabiseng nuno nupur nuray nurcan nurul nyoman oana oanh obinna oceane octavian octavio odette odile
    ofer ofir ofra ogechi oguz ohad okan okechukwu oksana ola olaf olav oldrich oleg oleksandr oleksiy olena olga olha oliver olivia
    olivier olle olli oluchi olufemi olumide oluwaseun omar omer omkar omolara omri onni onur onyeka oona oren orhan ori orit orly
    ornella orsolya osama osamu oscar oskar osman osvaldo oswald otakar otavio otis otto ousmane outi ovidiu owen ozan ozge ozlem paavo
    pablo padma padmaja paige paivi palesa pallavi paloma pam pamela panagiota panagiotis pankaj paola paolo parag paraskevi parisa
    parth parthiban parul parvathi parvin pascale patrice patricia patricio patrick patrik patrizia patrycja patsy patti patty paul
    paula pauline paulo pavan pavel pavithra pavla pavlina pavlo pawel payal payam pedro peggy peiyu pejman pekka pelin pelle percy
    perry petar pete peter petr petra petri petros petter phil philip philipp philippe phillip phoebe phong phuc phuong phyllis pierre
    piet pieter pietro pinar pinchas piotr pirkko piroska polina pooja poonam poul pouya prabha prabhakar prabhu prachi pradeep prakash
    pramod pranav pranay prasad prasanna prasanth prashant prashanth pratap prateek pratibha pratik praveen praveena predrag preethi
    preeti prem premysl prerna preston priscilla priti priya priyanka przemyslaw purnima pushpa putri putu qasim qiang quang quentin
    quoc quyen quynh rabia rachael rachamim rachel rachid radek radha radhika radim radka radmila radomir radoslav radoslaw radu rafael
    rafaela rafal raffaele raffaella rafi raghav raghu ragnar ragnhild rahmat rahul raija raimundo rainer raj rajan rajani rajat rajeev
    rajendra rajesh rajeshwari rajiv rajkumar raju rakel rakesh rakhi ralf ralph raluca ram rama ramachandran raman ramesh ramin ramiro
    ramon ramona ramya randall rania ranjan ranjit ranjith raphael raquel rasha rashid rashmi rasmus rati ratih ratko ratna raul ravi
    ravindra raya raymond razvan rebecca recep reem reena refik reginald regine regis reijo reiko reinhard reinhold reinier reka rekha
    remi remy ren renata renate renato renaud rene renee renske renu renuka reshma retno reuven revathi rex reynaldo reza rhonda rianne
    ricarda ricardo riccardo richa richard rick ricky riikka riitta rik riley rima rina rini rinske rishabh rishi risto rita ritika ritu
    rivka rizki robert roberta roberto robyn rocco rocio rodney rodolfo rodrigo roel rogelio roger rohan rohini rohit roksana rola
    roland rolando rolf romain romana romeo romina ron ronald roni ronit ronnie roopa roos rory rosa rosalba rosalie rosalind rosanna
    rosanne rosemarie rosemary roshan roshni rosi rosie ross rossella rostislav rowan roxana roxanne roy roya ruben ruchi ruchika rudi
    rudolph ruediger rufus rui rumeysa runa rune rupa rupali rupert ruslan russell rustam ruth ruud ryan ryo ryoichi ryoko ryota ryszard
    ryuichi saad saara sabah sabri sabrina sachiko sachin sadhana sadie saeed safa sagar sahar sahil sai sakshi sakura salem salih salim
    sally salma salman salvatore sam saman samantha samar sameer sami samia samiksha samir samira sampath samuel sana sanaz sandeep
    sander sandhya sandor sandra sandrine sandro sang-hoon sangeeta sangeetha sanja sanjana sanjay sanjeev sanjiv sanjukta sanna sanne
    santhosh santosh saori sapna sara sarah sarika sarit sarita saritha saroja sascha sasha saskia saso sathish sathya satish satomi
    satoru satoshi satu saul saurabh savita savitha sawsan sayed scott sean sebastian sebastien seda sedat seema seiichi seija seiji
    sekou selcuk selena selim selin semih semyon seo-jun seo-yeon sepideh seppo serap serdar serena sergei sergej sergey sergio serhiy
    serkan seth setsuko seung-hyun severine sevgi sevim shabana shadi shahin shahram shai shailaja shailesh shaima shalini shane shankar
    shannon shanthi sharad sharada shari sharmila sharon shashank shashi shaul shaun shauna shawn sheetal sheila shekhar shelby sheldon
    shelia shelley shelly shereen sheri sherri sherry sheryl shigeru shiho shilpa shimon shimrit shin shinichi shinji shinobu shira
    shirin shirley shiva shivam shivani shizuka shlomi shlomo shmuel sho shobha shoshana shota shraddha shreya shruthi shruti shubha
    shubham shufen shuichi shun shuying shuyuan shweta siamak sibel sibusiso siddharth sidney siegfried sifiso sigal signe sigrid sigurd
    siham siiri silje silke silvana silvia silvio silviu sima simon simona simone sina sinan sindhu sinisa siphiwe sipho sirpa sissel
    sita siti siv sizwe sjoerd slamet slavko slavomir slobodan smita smriti sneha snezana so-young sofia sofie sofoklis soha solange
    sonal sonali sonam songul sonia sonja soo-jin soo-yeon sophia sophie sora soraya soren sorin sota sotiria sotirios souad soumya
    sowmya spencer spyridon spyros sreedhar sreenivas sri sridevi sridhar srikanth srinivas srinivasan stacey stacie stacy stanislav
    stanislava stanislaw stanley stavros stefan stefania stefanie stefano steffen steffi stelios stella stellan stepan stephane
    stephanie stephen steve steven stewart stig stijn stuart stylianos subhash sudha sudhakar sudhir suhail suharto sujata sujatha
    sukanya sukarno sulastri suleyman sultan suman sumathi sumiko sumit sumitra sung-ho sung-min sunil sunita sunitha suraj surendra
    suresh susan susana susanna susanne sushant sushil sushma susie susumu suvarna suzanne svatopluk svein sven svenja sverre svetlana
    svitlana swapna swapnil swathi swati swen sybil sylvain sylvia sylvie szabolcs szebasztian szilvia szymon tabitha tadashi tadeusz
    tae-hyung taher tahir taichi tais takahiro takako takao takashi takayuki takeo takeru takeshi takumi tal talal tali tamar tamara
    tamas tamer tamilarasi tammy tamotsu tanja tanmay tanuja tanvi tanya tapio tara taras tarek tarik tariq tarja taro tarun tasha
    tatiana tatjana tatsuo tatsuya tatyana tayfun ted teguh tejas temitope tendai teodor terence teresa tereza terje terrance terrence
    tetsuo tetsuya teun thabo thais thandi thandiwe thangaraj thanh thanos thao thea thelma themba thenmozhi theo theodora theodore
    theodoros theresa thiago thibault thierry thijs thomas thorsten thu thuy tiago tibor tien tiffany tihomir tilman tim timea timothy
    timur tina tingting titilayo tiziana tjerk tobi tobias toby todd todor tolga tom tomas tomasz tomer tomi tomislav tommaso tommy
    tomohiro tomoko tomomi tomoya toni tonya torbjorn torill tormod torsten toru toshiko toshio toshiyuki tova tove tracey traci tracy
    trang traudl traute travis trevor tri tricia trine trinh trisha trond troy trung truong trupti trygve tsubasa tsutomu tsuyoshi tuan
    tudor tugba tulasi tulay tuncay tunde tuomas turgut turid tushar tuti tuula tuyet tyler tyrone tzipora tzvi uche uchenna uday udo
    ufuk ugo ugur ulf ulla ulrich ulrike umberto umesh umit umut upasana urho uriel urmila ursel ursula urszula usha ute uttam uwe uyen
    uzi vaclav vadim vahid vaibhav vaishali vaishnavi valentin valentina valentyn valeria valerie valerio valery vandana vanessa vani
    varsha varun vasanth vasantha vasil vasile vasileios vasiliki vasilis vasily vasudev vasudha vasyl vedran veena veera veikko veit
    venkat venkatesh vera vered verena vernon veronica veronika veronique vesa vesna vicente vicki vickie vicky victoriano vidar vidhya
    vidya viet viggo vignesh vijay vijaya vikas vikram viktor viktoria vilhelm viliam ville vilma vilmos vimal vimala vinay vinayak
    vincent vincenzo vineet vineeth vinh vinka vinod vinoth violeta vipin vipul viraj virendra virgil virginie vishal vishnu vitaly vito
    vitor vitoria vittoria vittorio vivek vivian vivienne vlad vladimir vladislav vlasta vojtech volkan volker volodymyr vyacheslav wael
    wafa wagner wahyu walburga waldemar walid wallace walter waltraud wanda wangari wanjiku warren wayan wayne weiming wendell wendy
    wenjing werner weronika wesley wessel widodo wieslaw wietske wilbur wilfred wilfried wilhelm willard willem willi william willie
    wilma wim winfried winifred winston witold wladyslaw wlodzimierz wojciech wolfgang wolfram woo-jin wouter wulan xavier xenia xia
    xiaohong xiaojun xiaoli xiaoling xiaoming xiaoyan xiaoyu ximena xinyi xiulan xiuying xuan xuemei yaa yaakov yael yahya yair yamini
    yana yaniv yann yannick yannis yanti yanyan yaron yaroslav yasaman yasemin yaser yash yashwant yasin yasmin yasser yasuhiro yasuko
    yasuo yasushi yavuz ye-jin yehoshua yehuda yehudit yekaterina yelena yen yesenia yevgeny yewande yiannis yichen yifan yigal yildiz
    yilmaz yingying yishai yitzhak yngve yochanan yoel yogesh yogita yoichi yoko yolanda yonatan yoram yosef yoshiaki yoshie yoshihiro
    yoshiko yoshio yossi yosuke young-hee young-ho yousef youssef yrjo yuanyuan yudi yui yuichi yuji yuka yukari yuki yukiko yukio yuko
    yulia yumei yumi yumiko yun-seo yuri yuriy yury yusuf yusuke yuta yutaka yuval yves yvette yvonne zach zachary zahra zaid zaina
    zainab zakaria zanele zayd zbigniew zbynek zdenek zdenka zdzislaw zeev zehra zeki zeljko zeynep zhihao zhiqiang zhiyuan ziad zihan
    zita ziva zixuan zlata zodwa zoe zofia zoltan zoran zsofia zsolt zsuzsanna zuhair zuzana zvi zvonimir zygmunt
    """.split()
)
